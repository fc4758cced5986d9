import { z } from 'zod'
import { snakeCased } from '#lib/platform/letter-case.ts'
import { MEBIBYTE } from '#lib/platform/units.ts'
import { readJsonAnswer, sendRequest } from '#lib/speech/http/request.ts'
import type { SpeechRequest } from '#lib/speech/speech.ts'

const VENDOR_URL = 'https://api.elevenlabs.io'
/** An account may have thousands of voices, with some kilobytes about each. */
const MAX_VOICES_BYTES = 16 * MEBIBYTE

/** What is asked of ElevenLabs, with nothing left to its defaults. */
/** WAV states its length in front, so the vendor does not stream it. */
export const sendsWhole = (outputFormat: string) => outputFormat.startsWith('wav_')

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
      const response = await send('/v1/voices', { signal })
      const what = 'the list of voices'
      const answer = await readJsonAnswer(response, {
        schema: voicesSchema,
        maxBytes: MAX_VOICES_BYTES,
        what,
      })
      return answer.voices
    },
  }
}

export type VendorVoice = z.infer<typeof voicesSchema>['voices'][number]

/** All that is read of it. */
const voicesSchema = z.object({
  voices: z.array(
    z.object({
      voice_id: z.string(),
      name: z.string().nullish(),
      labels: z.object({ language: z.string().nullish() }).nullish(),
      description: z.string().nullish(),
    }),
  ),
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
