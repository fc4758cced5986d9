import { z } from 'zod'
import { snakeCased } from '#lib/platform/letter-case.ts'
import { MEBIBYTE } from '#lib/platform/units.ts'
import { readJsonAnswer, sendRequest } from '#lib/speech/http/request.ts'
import type { SpeechRequest } from '#lib/speech/speech.ts'

const VENDOR_URL = 'https://api.elevenlabs.io'
/** An account may have thousands of voices, with some kilobytes about each. */
const MAX_LIST_BYTES = 16 * MEBIBYTE

/** WAV states its length in front, so the vendor does not stream it. */
export const sendsWhole = (outputFormat: string) => outputFormat.startsWith('wav_')

/** What is asked of ElevenLabs, with nothing left to its defaults. */
export type VendorRequest = SpeechRequest & { modelId: string; outputFormat: string }

/**
 * ElevenLabs' HTTP API, as far as this service needs it. Each call is one attempt.
 *
 * Throws `StatusError` for an answer outside 2xx, `UnreadableAnswerError` for one that is not what it should be, and
 * what `fetch` throws where there is none.
 */
export interface ElevenLabsApi {
  /**
   * The answer with the audio as its body; with `timestamps` as JSON, for `readTimestamped`.
   *
   * @see https://elevenlabs.io/docs/api-reference/text-to-speech/stream
   * @see https://elevenlabs.io/docs/api-reference/text-to-speech/stream-with-timestamps
   */
  speak(request: VendorRequest, signal: AbortSignal): Promise<Response>
  /** @see https://elevenlabs.io/docs/api-reference/voices/get-all */
  voices(signal: AbortSignal): Promise<VendorVoice[]>
  /** @see https://elevenlabs.io/docs/api-reference/models/list */
  models(signal: AbortSignal): Promise<VendorModel[]>
  /** @see https://elevenlabs.io/docs/api-reference/user/subscription/get */
  subscription(signal: AbortSignal): Promise<VendorSubscription>
}

/** @param baseUrl the vendor's own where it is left out */
export function createElevenLabsApi({
  apiKey,
  baseUrl = VENDOR_URL,
}: {
  apiKey: string
  baseUrl?: string | undefined
}): ElevenLabsApi {
  async function send(path: string, init: RequestInit): Promise<Response> {
    const headers = { ...init.headers, 'xi-api-key': apiKey }
    return sendRequest(`${baseUrl.replace(/\/+$/, '')}${path}`, { ...init, headers })
  }

  async function read<T>(path: string, answer: { schema: z.ZodType<T>; what: string; signal: AbortSignal }) {
    const { signal, ...expected } = answer
    return readJsonAnswer(await send(path, { signal }), { ...expected, maxBytes: MAX_LIST_BYTES })
  }

  return {
    speak(request, signal) {
      const { voiceId, outputFormat, timestamps } = request
      const way = `${sendsWhole(outputFormat) ? '' : '/stream'}${timestamps ? '/with-timestamps' : ''}`
      const query = speechQuery(request)
      return send(`/v1/text-to-speech/${encodeURIComponent(voiceId)}${way}?${query}`, {
        method: 'POST',
        // Audio is compressed already; a compressed answer would hide where it ends.
        headers: { 'content-type': 'application/json', 'accept-encoding': 'identity' },
        body: JSON.stringify(speechBody(request)),
        signal,
      })
    },
    async voices(signal) {
      const what = 'the list of voices'
      return (await read('/v1/voices', { schema: voicesSchema, what, signal })).voices
    },
    models: (signal) => read('/v1/models', { schema: modelsSchema, what: 'the list of models', signal }),
    subscription: (signal) =>
      read('/v1/user/subscription', { schema: subscriptionSchema, what: 'the subscription', signal }),
  }
}

export type VendorVoice = z.infer<typeof voicesSchema>['voices'][number]

const settingsSchema = z.object({
  stability: z.number().nullish(),
  similarity_boost: z.number().nullish(),
  style: z.number().nullish(),
  use_speaker_boost: z.boolean().nullish(),
  speed: z.number().nullish(),
})

/** All that is read of it. */
const voicesSchema = z.object({
  voices: z.array(
    z.object({
      voice_id: z.string(),
      name: z.string().nullish(),
      labels: z
        .object({
          language: z.string().nullish(),
          accent: z.string().nullish(),
          gender: z.string().nullish(),
          age: z.string().nullish(),
        })
        .nullish(),
      description: z.string().nullish(),
      preview_url: z.string().nullish(),
      settings: settingsSchema.nullish(),
    }),
  ),
})

export type VendorModel = z.infer<typeof modelsSchema>[number]

const modelsSchema = z.array(
  z.object({
    model_id: z.string(),
    name: z.string().nullish(),
    description: z.string().nullish(),
    can_do_text_to_speech: z.boolean().nullish(),
    languages: z.array(z.object({ language_id: z.string(), name: z.string() })).nullish(),
    maximum_text_length_per_request: z.number().nullish(),
  }),
)

type VendorSubscription = z.infer<typeof subscriptionSchema>

const subscriptionSchema = z.object({
  character_count: z.number(),
  character_limit: z.number(),
  next_character_count_reset_unix: z.number().nullish(),
})

function speechQuery({ outputFormat, enableLogging, optimizeStreamingLatency }: VendorRequest) {
  const query = new URLSearchParams({ output_format: outputFormat })
  if (enableLogging !== undefined) query.set('enable_logging', String(enableLogging))
  if (optimizeStreamingLatency !== undefined) {
    query.set('optimize_streaming_latency', String(optimizeStreamingLatency))
  }
  return query
}

/** All other fields of the request, by the names that they have there. */
function speechBody(request: VendorRequest) {
  return snakeCased({
    text: request.text,
    modelId: request.modelId,
    languageCode: request.languageCode,
    voiceSettings: request.voiceSettings,
    seed: request.seed,
    previousText: request.previousText,
    nextText: request.nextText,
    previousRequestIds: request.previousRequestIds,
    nextRequestIds: request.nextRequestIds,
    pronunciationDictionaryLocators: request.pronunciationDictionaryLocators,
    applyTextNormalization: request.applyTextNormalization,
    applyLanguageTextNormalization: request.applyLanguageTextNormalization,
    usePvcAsIvc: request.usePvcAsIvc,
    audioEffects: request.audioEffects,
  })
}
