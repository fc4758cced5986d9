import { defineList } from '#lib/http/drop-in/lists.ts'
import { openAiError } from '#lib/http/drop-in/openai/errors.ts'
import { openAiVoices } from '#lib/http/drop-in/openai/voices.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineList(
  ({ services }) => openAiVoices(services),
  openAiError,
)
