import { defineList } from '#lib/http/drop-in/lists.ts'
import { openAiError } from '#lib/http/drop-in/openai/errors.ts'
import { openAiAudioModels } from '#lib/http/drop-in/openai/models.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineList(
  ({ services }) => openAiAudioModels(services),
  openAiError,
)
