import { z } from 'zod'
import type { Alignment } from '#lib/captions/alignment.ts'
import { charactersOf } from '#lib/captions/characters.ts'
import type { Config } from '#lib/config/index.ts'
import {
  elevenLabsQuerySchema,
  flag,
  settingsFields,
  withSnakeKeys,
} from '#lib/http/drop-in/elevenlabs/request.ts'
import { optional } from '#lib/http/optional.ts'
import { speechFields, vendorFields } from '#lib/http/speech-fields.ts'
import { oncePer } from '#lib/platform/once-per.ts'

const MAX_TIMEOUT_SECONDS = 180

/**
 * The query of `/v1/text-to-speech/{voice_id}/stream-input`.
 *
 * @see https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-stream-input
 */
export const streamQuerySchema = oncePer((access: Config['access']) => {
  const { modelId, languageCode, seed } = speechFields(access)
  const { applyTextNormalization } = vendorFields
  const { output_format, ...query } = elevenLabsQuerySchema(access).shape
  return z.object({
    ...query,
    ...withSnakeKeys({ modelId, languageCode, applyTextNormalization }),
    output_format: output_format.refine((format) => !format?.startsWith('wav_'), {
      error:
        'must be a format that can be streamed, such as mp3_44100_128 or pcm_24000: WAV says its length in front',
    }),
    apply_language_text_normalization: flag,
    seed: optional(
      z
        .string()
        .regex(/^\d{1,10}$/, 'must be a whole number')
        .transform(Number)
        .pipe(z.number().max(4_294_967_295)),
    ).or(seed),
    sync_alignment: flag,
    auto_mode: flag,
    enable_ssml_parsing: flag.refine((isOn) => !isOn, { error: 'must be false: there is no SSML here' }),
    inactivity_timeout: optional(
      z
        .string()
        .regex(
          /^([1-9]\d?|1[0-7]\d|180)$/,
          `must be a whole number of seconds from 1 to ${MAX_TIMEOUT_SECONDS}`,
        )
        .transform(Number),
    ),
  })
})

const yes = optional(z.boolean())
const text = optional(z.string().transform((given) => given.toWellFormed()))

/** What clients send, for one context or for several. */
export const clientMessageSchema = z.object({
  text,
  ...settingsFields,
  generation_config: optional(
    z.object({ chunk_length_schedule: optional(z.array(z.int().min(1).max(500)).min(1).max(20)) }),
  ),
  flush: yes,
  try_trigger_generation: yes,
  xi_api_key: optional(z.string()),
  authorization: optional(z.string()),
  context_id: optional(z.string().min(1).max(200)),
  close_context: yes,
  close_socket: yes,
})

export type ClientMessage = z.output<typeof clientMessageSchema>

/** What an answer says of its context and its clip. */
export interface MessageContext {
  contextId?: string | undefined
  /** The script that becomes the clip of the whole: `GET /api/scripts/{id}`. */
  scriptId?: string | undefined
}

const nothing = { audio: null, isFinal: false, normalizedAlignment: null, alignment: null }

/** Audio in Base64, as this API has it. */
export const audioMessage = (bytes: Uint8Array, context: MessageContext) =>
  JSON.stringify({ ...nothing, audio: Buffer.from(bytes).toString('base64'), ...context })

/** When which character of the audio since the last such message is spoken. */
export function alignmentMessage(alignment: Alignment, context: MessageContext): string {
  const characters = charactersOf(alignment)
  const times = {
    chars: characters.map(({ character }) => character),
    charStartTimesMs: characters.map(({ startMs }) => startMs),
    charDurationsMs: characters.map(({ startMs, endMs }) => endMs - startMs),
  }
  return JSON.stringify({ ...nothing, audio: '', alignment: times, normalizedAlignment: times, ...context })
}

export const finalMessage = (context: MessageContext) =>
  JSON.stringify({ ...nothing, isFinal: true, ...context })
