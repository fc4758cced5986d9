import { z } from 'zod'
import type { Config } from '#lib/config/index.ts'
import { parseWith } from '#lib/http/body.ts'
import { voiceIdField } from '#lib/http/drop-in/voice-id.ts'
import { optional } from '#lib/http/optional.ts'
import {
  audioEffectFields,
  dictionaryLocatorFields,
  speechFields,
  vendorFields,
  voiceSettingsSchema,
} from '#lib/http/speech-fields.ts'
import { snakeCase } from '#lib/platform/letter-case.ts'
import { oncePer } from '#lib/platform/once-per.ts'

type Access = Config['access']

/**
 * The body of ElevenLabs' `POST /v1/text-to-speech/{voice_id}`.
 *
 * @see https://elevenlabs.io/docs/api-reference/text-to-speech/convert
 */
export const elevenLabsSchema = oncePer((access: Access) => {
  const { text, modelId, languageCode, seed } = speechFields(access)
  const { enableLogging: _, optimizeStreamingLatency: __, ...fields } = vendorFields
  return z.object({
    text,
    ...withSnakeKeys({ modelId, languageCode }),
    seed,
    ...settingsFields,
    ...withSnakeKeys(fields),
    audio_effects: optional(z.object(withSnakeKeys(audioEffectFields))),
  })
})

/** `true` or `false` in a query. */
export const flag = optional(
  z.enum(['true', 'false'], { error: 'must be true or false' }).transform((value) => value === 'true'),
)

/** Its query. */
export const elevenLabsQuerySchema = oncePer((access: Access) => {
  const { outputFormat } = speechFields(access)
  return z.object({
    output_format: outputFormat,
    enable_logging: flag,
    optimize_streaming_latency: optional(
      z
        .string()
        .regex(/^[0-4]$/, 'must be a whole number from 0 to 4')
        .transform(Number),
    ),
  })
})

/** The voice that a path such as `/v1/text-to-speech/{voice_id}/stream` names. @throws ServiceError `invalid_request` */
export function voiceIdIn(pathname: string): string {
  return parseWith(voiceIdField, decodeURIComponent(pathname.split('/')[3] ?? ''), 'voiceId')
}

type Fields = Record<string, z.ZodType>

/** The same schemas under ElevenLabs' spelling of their names. */
export function withSnakeKeys(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, schema]) => [snakeCase(name), schema]))
}

/** The fields that are objects, which the messages of its WebSocket have as well. */
export const settingsFields = {
  voice_settings: optional(z.object(withSnakeKeys(voiceSettingsSchema.shape))),
  pronunciation_dictionary_locators: optional(
    z.array(z.object(withSnakeKeys(dictionaryLocatorFields))).max(3),
  ),
}
