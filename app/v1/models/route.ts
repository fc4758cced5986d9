import { eitherError } from '#lib/http/drop-in/either-error.ts'
import { elevenLabsModels } from '#lib/http/drop-in/elevenlabs/models.ts'
import { defineList } from '#lib/http/drop-in/lists.ts'
import { openAiModels } from '#lib/http/drop-in/openai/models.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineList(
  // Both APIs have this path; only ElevenLabs' clients send its header.
  ({ services, headers }) =>
    headers.has('xi-api-key') ? elevenLabsModels(services) : openAiModels(services),
  eitherError,
)
