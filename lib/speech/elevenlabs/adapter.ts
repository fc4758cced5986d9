import { isOutputFormat, outputFormats } from '#lib/audio/formats.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { type Clock, withTimeLimit } from '#lib/platform/clock.ts'
import { createExcerpt } from '#lib/platform/response-excerpt.ts'
import { openAudio, runSpeech } from '#lib/speech/audio-stream.ts'
import { checkAudio, hasProvenEnd, openBody } from '#lib/speech/http/answer.ts'
import { retryCall } from '#lib/speech/http/retry.ts'
import type { Speech, SpokenAudio } from '#lib/speech/speech.ts'
import { listModels, listVoices, readUsage } from './account.ts'
import { createElevenLabsApi, sendsWhole } from './api.ts'
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

/** ElevenLabs. Retries as `retryCall` does, until the first byte is there. */
export function createElevenLabsSpeech(options: ElevenLabsOptions): Speech {
  const { clock, modelId, outputFormat } = options
  const api = createElevenLabsApi(options)
  const excerpt = createExcerpt([options.apiKey])

  async function attempt<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      throw refusalOf(error, { excerpt, now: clock.now() })
    }
  }

  const ask =
    <T>(call: (limit: AbortSignal) => Promise<T>) =>
    ({ signal }: { signal: AbortSignal }): Promise<T> =>
      withTimeLimit((limit) => retryCall(clock, limit, () => attempt(() => call(limit))), {
        clock,
        timeoutMs: options.timeoutMs,
        timeoutError,
        signal,
      })

  return {
    vendor: {
      name: 'elevenlabs',
      defaults: { modelId, outputFormat },
      exampleVoiceId: '21m00Tcm4TlvDq8ikWAM',
      fields: elevenLabsFields,
      speedRange: { min: 0.7, max: 1.2 },
      hasTimestamps: true,
      sendsWhole,
      modelForOpenAi,
    },
    async speak(request, { signal, timeoutMs = options.timeoutMs }) {
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
          retryCall(clock, limit, () =>
            attempt(async () => {
              const response = await api.speak({ ...request, modelId, outputFormat }, limit)
              isEndUnproven = !hasProvenEnd(response.headers)
              if (!request.timestamps) return openBody(response, outputFormat, noAudioError)
              const timed = readTimestamped(jsonBodyOf(response))
              alignment = timed.alignment
              return checkAudio(await openAudio(timed.audio), outputFormat, noAudioError)
            }),
          ),
      })
      const spokenBy = { vendor: 'elevenlabs', voiceId: request.voiceId, modelId }
      return { audio, outputFormat, spokenBy, isEndUnproven, ...(alignment && { alignment }) }
    },
    voices: ask((limit) => listVoices(api, limit)),
    account: {
      models: ask((limit) => listModels(api, limit)),
      usage: ask((limit) => readUsage(api, limit)),
    },
    close: async () => {},
  }
}

/** The answer to a request with `timestamps`, which is JSON. */
function jsonBodyOf({ headers, body }: Response) {
  const contentType = headers.get('content-type') ?? ''
  if (/html|xml|^audio\//i.test(contentType)) throw noAudioError(contentType)
  if (!body) throw noAudioError('nothing')
  return body as AsyncIterable<Uint8Array>
}

function unknownFormat(outputFormat: string): ServiceError {
  const message = `"${outputFormat}" is no output format of ElevenLabs; takes one of ${outputFormats.join(', ')}`
  return new ServiceError('invalid_request', message, { errors: [{ path: 'outputFormat', message }] })
}
