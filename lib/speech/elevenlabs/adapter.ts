import { headerlessFormat, isOutputFormat, outputFormats } from '#lib/audio/formats.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { waitBeforeRetry } from '#lib/platform/backoff.ts'
import { type Clock, withTimeLimit } from '#lib/platform/clock.ts'
import { createExcerpt } from '#lib/platform/response-excerpt.ts'
import { type OpenedAudio, openAudio, runSpeech } from '#lib/speech/audio-stream.ts'
import type { Speech, SpokenAudio, Voice } from '#lib/speech/speech.ts'
import { createElevenLabsApi, type ElevenLabsApi } from './api.ts'
import { brokenError, noAudioError, refusalOf, timeoutError } from './errors.ts'
import { elevenLabsFields } from './fields.ts'
import { modelForOpenAi } from './models.ts'
import { readTimestamped } from './timestamps.ts'

interface ElevenLabsOptions {
  apiKey: string
  /** The vendor's own where it is left out. */
  baseUrl?: string | undefined
  /** For requests that name none, as is `outputFormat`. */
  modelId: string
  outputFormat: string
  /** For a whole speech, from the call to its last byte, retries included. */
  timeoutMs: number
  clock: Clock
}

const RETRY_DELAYS_MS = [250, 1000]
const MAX_RETRY_AFTER_MS = 2000

/**
 * ElevenLabs. Retries network faults, 429 and 5xx until the first byte is there, never a time-out, which may have
 * been paid for.
 */
export function createElevenLabsSpeech(options: ElevenLabsOptions): Speech {
  const { clock, timeoutMs, modelId, outputFormat } = options
  const api = createElevenLabsApi(options)
  const excerpt = createExcerpt([options.apiKey])

  async function attempt<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      throw refusalOf(error, { excerpt, now: clock.now() })
    }
  }

  return {
    vendor: {
      name: 'elevenlabs',
      defaults: { modelId, outputFormat },
      exampleVoiceId: '21m00Tcm4TlvDq8ikWAM',
      fields: elevenLabsFields,
      speedRange: { min: 0.7, max: 1.2 },
      hasTimestamps: true,
      modelForOpenAi,
    },
    async speak(request, { signal }) {
      const modelId = request.modelId ?? options.modelId
      const outputFormat = request.outputFormat ?? options.outputFormat
      if (!isOutputFormat(outputFormat)) throw unknownFormat(outputFormat)
      let isEndUnproven = false
      let alignment: SpokenAudio['alignment']
      const audio = await runSpeech({
        clock,
        timeoutMs,
        timeoutError,
        brokenError,
        signal,
        open: (limit) =>
          retry(clock, limit, () =>
            attempt(async () => {
              const response = await api.speak({ ...request, modelId, outputFormat }, limit)
              isEndUnproven = !hasProvenEnd(response.headers)
              if (!request.timestamps) return openBody(response, outputFormat)
              const timed = readTimestamped(jsonBodyOf(response))
              alignment = timed.alignment
              return checkAudio(await openAudio(timed.audio), outputFormat)
            }),
          ),
      })
      const spokenBy = { vendor: 'elevenlabs', voiceId: request.voiceId, modelId }
      return { audio, outputFormat, spokenBy, isEndUnproven, ...(alignment && { alignment }) }
    },
    voices: ({ signal }) =>
      withTimeLimit((limit) => retry(clock, limit, () => attempt(() => listVoices(api, limit))), {
        clock,
        timeoutMs,
        timeoutError,
        signal,
      }),
    close: async () => {},
  }
}

async function retry<T>(clock: Clock, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await call()
    } catch (error) {
      const waitMs = ServiceError.isInstance(error) ? waitBefore(error, attempts, clock) : undefined
      if (waitMs === undefined || signal.aborted) throw error
      await clock.sleep(waitMs, signal)
    }
  }
}

function waitBefore(
  { code, retryAfterMs }: ServiceError,
  attempts: number,
  clock: Clock,
): number | undefined {
  const isRetryable = code === 'speech_overloaded' || code === 'speech_unavailable'
  return waitBeforeRetry({
    attempts,
    delaysMs: RETRY_DELAYS_MS,
    error: { isRetryable, retryAfterMs },
    maxRetryAfterMs: MAX_RETRY_AFTER_MS,
    random: () => clock.random(),
  })
}

/**
 * Whether the end of an answer can be told from a connection that was closed too early. What was compressed is unpacked
 * as far as it goes, without a word when its end is missing.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-8 (incomplete messages)
 */
function hasProvenEnd(headers: Headers): boolean {
  const isEncoded = (headers.get('content-encoding') ?? 'identity') !== 'identity'
  return !isEncoded && (headers.has('content-length') || headers.has('transfer-encoding'))
}

async function openBody({ headers, body }: Response, outputFormat: string) {
  const contentType = headers.get('content-type') ?? ''
  if (/json|html|xml|^text\//i.test(contentType)) throw noAudioError(contentType)
  if (!body) throw noAudioError('nothing')
  return checkAudio(await openAudio(body as AsyncIterable<Uint8Array>), outputFormat)
}

/** The answer to a request with `timestamps`, which is JSON. */
function jsonBodyOf({ headers, body }: Response) {
  const contentType = headers.get('content-type') ?? ''
  if (/html|xml|^audio\//i.test(contentType)) throw noAudioError(contentType)
  if (!body) throw noAudioError('nothing')
  return body as AsyncIterable<Uint8Array>
}

/** A proxy may send its error page as anything; bare samples may begin with any byte. */
function checkAudio(audio: OpenedAudio | undefined, outputFormat: string): OpenedAudio {
  if (!audio) throw noAudioError('nothing')
  const beginning = new TextDecoder('latin1').decode(audio.first.subarray(0, 64))
  if (!headerlessFormat(outputFormat) && /^(\xef\xbb\xbf)?\s*[{[<]/.test(beginning)) {
    throw noAudioError('text')
  }
  return audio
}

async function listVoices(api: ElevenLabsApi, signal: AbortSignal): Promise<Voice[]> {
  const voices = await api.voices(signal)
  return voices.map(({ voice_id: id, name, labels, description }) => ({
    id,
    name: name ?? id,
    language: labels?.language ?? undefined,
    description: description ?? undefined,
  }))
}

function unknownFormat(outputFormat: string): ServiceError {
  const message = `"${outputFormat}" is no output format of ElevenLabs; takes one of ${outputFormats.join(', ')}`
  return new ServiceError('invalid_request', message, { errors: [{ path: 'outputFormat', message }] })
}
