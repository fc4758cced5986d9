import { z } from 'zod'
import type { Config } from '#lib/config/index.ts'
import { voiceIdField } from '#lib/http/drop-in/voice-id.ts'
import { optional } from '#lib/http/optional.ts'
import { instructionsField, speechFields } from '#lib/http/speech-fields.ts'
import { oncePer } from '#lib/platform/once-per.ts'

/** OpenAI's formats by our names; its PCM is 24 kHz, and so is what is made of that. */
export const outputFormats = {
  mp3: 'mp3_44100_128',
  opus: 'opus_48000_96',
  aac: 'aac_24000_96',
  flac: 'flac_24000',
  wav: 'wav_24000',
  pcm: 'pcm_24000',
} as const

const formatNames = Object.keys(outputFormats) as (keyof typeof outputFormats)[]

/** Home Assistant's words for no instructions. */
const NONE = 'None'

/**
 * The body of OpenAI's `POST /v1/audio/speech`. Unlike there, `model` and `voice` may be left out, as LibreChat does.
 *
 * @see https://platform.openai.com/docs/api-reference/audio/createSpeech
 */
export const openAiSchema = oncePer((access: Config['access']) => {
  const { text } = speechFields(access)
  return z.object({
    input: text,
    model: optional(z.string()),
    voice: optional(
      z.union([voiceIdField, z.object({ id: voiceIdField })], {
        error: 'must be the name of a voice, or an object with its id',
      }),
    ),
    response_format: optional(z.enum(formatNames, { error: `must be one of ${formatNames.join(', ')}` })),
    speed: optional(z.number().min(0.25).max(4)),
    stream_format: optional(z.enum(['audio', 'sse'], { error: 'must be audio or sse' })),
    instructions: instructionsField.transform((text) => (text === NONE ? undefined : text)),
  })
})

export type OpenAiBody = z.output<ReturnType<typeof openAiSchema>>
