import { elevenLabsError } from '#lib/http/drop-in/elevenlabs/errors.ts'
import { elevenLabsVoices } from '#lib/http/drop-in/elevenlabs/voices.ts'
import { defineList } from '#lib/http/drop-in/lists.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineList(
  ({ services }) => elevenLabsVoices(services),
  elevenLabsError,
)
