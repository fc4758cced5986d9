import type { ElevenLabs, ElevenLabsClient } from '@elevenlabs/elevenlabs-js'
import { headerlessFormat, isOutputFormat, outputFormats } from '#lib/audio/formats.ts'
import { isServiceError, ServiceError } from '#lib/model/errors.ts'
import { waitBeforeRetry } from '#lib/platform/backoff.ts'
import { type Clock, withTimeLimit } from '#lib/platform/clock.ts'
import { createScrubber } from '#lib/platform/redact.ts'
import { type OpenedAudio, openAudio, runSpeech } from '#lib/speech/audio-stream.ts'
import type { Speech, SpeechRequest } from '#lib/speech/speech.ts'
import { brokenError, invalidAnswerError, refusalOf, timeoutError } from './errors.ts'

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
const RETRY_PATIENCE_MS = 2000

/**
 * ElevenLabs. Retries network faults, 429 and 5xx until the first byte is there, never a time-out, which may have
 * been paid for.
 *
 * @see https://elevenlabs.io/docs/api-reference/text-to-speech/stream
 */
export function createElevenLabsSpeech(options: ElevenLabsOptions): Speech {
  const { clock, timeoutMs } = options
  const client = loadClient(options)
  const scrub = createScrubber([options.apiKey])

  async function attempt<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      throw refusalOf(error, { scrub, now: clock.now() })
    }
  }

  return {
    name: 'elevenlabs',
    async speak(request, { signal }) {
      const modelId = request.modelId ?? options.modelId
      const outputFormat = request.outputFormat ?? options.outputFormat
      if (!isOutputFormat(outputFormat)) throw unknownFormat(outputFormat)
      const audio = await runSpeech({
        clock,
        timeoutMs,
        timeoutError,
        brokenError,
        signal,
        open: (limit) =>
          retry(clock, limit, () =>
            attempt(async () => open(await client, { ...request, modelId, outputFormat }, limit)),
          ),
      })
      return { audio, outputFormat, modelId }
    },
    voices: ({ signal }) =>
      withTimeLimit(
        (limit) => retry(clock, limit, () => attempt(async () => listVoices(await client, limit))),
        { clock, timeoutMs, timeoutError, signal },
      ),
    close: async () => {},
  }
}

/** The SDK takes a second to load: nobody without a key waits for it, and nobody with one waits at the first request. */
function loadClient({ apiKey, baseUrl, timeoutMs }: ElevenLabsOptions): Promise<ElevenLabsClient> {
  const client = import('@elevenlabs/elevenlabs-js').then(
    (sdk) =>
      new sdk.ElevenLabsClient({
        apiKey,
        ...(baseUrl && { baseUrl }),
        maxRetries: 0,
        timeoutInSeconds: timeoutMs / 1000,
      }),
  )
  client.catch(() => {})
  return client
}

async function retry<T>(clock: Clock, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call()
    } catch (error) {
      const waitMs = isServiceError(error) ? waitBefore(error, tries, clock) : undefined
      if (waitMs === undefined || signal.aborted) throw error
      await clock.sleep(waitMs, signal)
    }
  }
}

function waitBefore({ code, retryAfterMs }: ServiceError, tries: number, clock: Clock): number | undefined {
  const isRetryable = code === 'speech_overloaded' || code === 'speech_unavailable'
  return waitBeforeRetry({
    tries,
    delaysMs: RETRY_DELAYS_MS,
    error: { isRetryable, retryAfterMs },
    maxRetryAfterMs: RETRY_PATIENCE_MS,
    random: () => clock.random(),
  })
}

type VendorRequest = SpeechRequest & { modelId: string; outputFormat: string }

async function open(client: ElevenLabsClient, request: VendorRequest, signal: AbortSignal) {
  const { voiceId, outputFormat, ...rest } = request
  const { textToSpeech } = client
  const options = { abortSignal: signal }
  // WAV states its length in front, so the vendor does not stream it.
  const { data, rawResponse } = outputFormat.startsWith('wav_')
    ? await textToSpeech
        .convert(voiceId, { ...rest, outputFormat: outputFormat as WholeFormat }, options)
        .withRawResponse()
    : await textToSpeech
        .stream(voiceId, { ...rest, outputFormat: outputFormat as StreamedFormat }, options)
        .withRawResponse()
  const contentType = rawResponse.headers.get('content-type') ?? ''
  if (/json|html|xml|^text\//i.test(contentType)) throw invalidAnswerError(contentType)
  if (!(Symbol.asyncIterator in data)) throw invalidAnswerError('nothing')
  return checkAudio(await openAudio(data as AsyncIterable<Uint8Array>), outputFormat)
}

type StreamedFormat = ElevenLabs.TextToSpeechStreamRequestOutputFormat
type WholeFormat = ElevenLabs.TextToSpeechConvertRequestOutputFormat

/** A proxy may send its error page as anything; bare samples may begin with any byte. */
function checkAudio(audio: OpenedAudio | undefined, outputFormat: string): OpenedAudio {
  if (!audio) throw invalidAnswerError('nothing')
  const beginning = new TextDecoder('latin1').decode(audio.first.subarray(0, 64))
  if (!headerlessFormat(outputFormat) && /^(\xef\xbb\xbf)?\s*[{[<]/.test(beginning)) {
    throw invalidAnswerError('text')
  }
  return audio
}

async function listVoices(client: ElevenLabsClient, abortSignal: AbortSignal) {
  const { voices } = await client.voices.getAll({}, { abortSignal })
  return voices.map(({ voiceId, name, labels, description }) => ({
    id: voiceId,
    name: name ?? voiceId,
    language: labels?.language,
    description,
  }))
}

function unknownFormat(outputFormat: string): ServiceError {
  const message = `"${outputFormat}" is no output format of ElevenLabs; takes one of ${outputFormats.join(', ')}`
  return new ServiceError('invalid_request', message, { errors: [{ path: 'outputFormat', message }] })
}
