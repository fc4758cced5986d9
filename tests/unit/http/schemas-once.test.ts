import { expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { elevenLabsQuerySchema, elevenLabsSchema } from '#lib/http/drop-in/elevenlabs/request.ts'
import { streamQuerySchema } from '#lib/http/drop-in/elevenlabs/stream-input/messages.ts'
import { openAiSchema } from '#lib/http/drop-in/openai/request.ts'
import { scriptSchema } from '#lib/http/script-fields.ts'
import { vocalizeSchema } from '#lib/http/speech-fields.ts'

it.each([
  vocalizeSchema,
  scriptSchema,
  openAiSchema,
  elevenLabsSchema,
  elevenLabsQuerySchema,
  streamQuerySchema,
])(
  'A schema of requests is built once for a configuration, since that costs more than any check by it',
  (schema) => {
    const { access } = readConfig({})
    expect(schema(access)).toBe(schema(access))
  },
)
