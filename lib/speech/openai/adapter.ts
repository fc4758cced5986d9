import { ServiceError } from '#lib/model/errors.ts'
import { type Clock, withTimeLimit } from '#lib/platform/clock.ts'
import { createExcerpt } from '#lib/platform/response-excerpt.ts'
import { runSpeech } from '#lib/speech/audio-stream.ts'
import { hasProvenEnd, openBody } from '#lib/speech/http/answer.ts'
import { StatusError } from '#lib/speech/http/request.ts'
import { retryCall } from '#lib/speech/http/retry.ts'
import type { Speech, SpeechRequest, SpokenAudio, Voice } from '#lib/speech/speech.ts'
import { createOpenAiApi, type OpenAiApi } from './api.ts'
import { brokenError, noAudioError, refusalOf, timeoutError } from './errors.ts'
import { openAiFields } from './fields.ts'
import { recogniseAudio, responseFormatOf } from './formats.ts'

interface OpenAiOptions {
  baseUrl: string
  /** Services of one's own need none. */
  apiKey?: string | undefined
  /** For requests that name none. */
  modelId: string
  /** In place of voices that it does not have. */
  voiceId: string
  outputFormat: string
  /** For a whole speech, from the call to its last byte, retries included. */
  timeoutMs: number
  clock: Clock
}

/** OpenAI's own names, which clients send by habit to every service that speaks its API. */
const habitualModels = /^(tts-1|gpt-4o-mini-tts)/

/**
 * Any service that speaks OpenAI's API: Kokoro-FastAPI, LocalAI, Speaches, Groq, AssemblyAI, OpenRouter, OpenAI itself.
 * Retries as `retryCall` does, until the first byte is there.
 */
export function createOpenAiSpeech(options: OpenAiOptions): Speech {
  const { clock, modelId, voiceId, outputFormat } = options
  const api = createOpenAiApi(options)
  const excerpt = createExcerpt(options.apiKey ? [options.apiKey] : [])
  const attempt = <T>(call: () => Promise<T>): Promise<T> =>
    call().catch((error) => {
      throw refusalOf(error, { excerpt, now: clock.now() })
    })

  return {
    vendor: {
      name: 'openai',
      defaults: { modelId, outputFormat },
      exampleVoiceId: voiceId,
      fields: openAiFields,
      speedRange: { min: 0.25, max: 4 },
      hasOpenAiVoices: true,
      modelForOpenAi: (model) => (habitualModels.test(model) ? undefined : model),
    },
    async speak(request, { signal, timeoutMs = options.timeoutMs }) {
      const asked = {
        ...request,
        modelId: request.modelId ?? modelId,
        outputFormat: request.outputFormat ?? outputFormat,
      }
      const body = speechBody(asked)
      let facts: Pick<SpokenAudio, 'outputFormat' | 'warnings' | 'isEndUnproven'> = {
        outputFormat: asked.outputFormat,
      }
      const audio = await runSpeech({
        clock,
        timeoutMs,
        timeoutError,
        brokenError,
        signal,
        open: (limit) =>
          retryCall(clock, limit, () =>
            attempt(async () => {
              const response = await api.speak(body, limit)
              const opened = await openBody(response, asked.outputFormat, noAudioError)
              const {
                audio: recognised,
                outputFormat: actual,
                warning,
              } = await recogniseAudio(opened, asked.outputFormat)
              facts = {
                outputFormat: actual,
                isEndUnproven: !hasProvenEnd(response.headers),
                ...(warning && { warnings: [warning] }),
              }
              return recognised
            }),
          ).catch((error) => {
            throw request.modelId ? error : aboutConfiguredModel(error)
          }),
      })
      return {
        audio,
        ...facts,
        spokenBy: { vendor: 'openai', voiceId: request.voiceId, modelId: asked.modelId },
      }
    },
    voices: ({ signal }) =>
      withTimeLimit(
        (limit) => retryCall(clock, limit, () => attempt(() => listVoices(api, voiceId, limit))),
        {
          clock,
          timeoutMs: options.timeoutMs,
          timeoutError,
          signal,
        },
      ),
    close: async () => {},
  }
}

function speechBody({
  text,
  voiceId,
  modelId,
  outputFormat,
  voiceSettings,
  instructions,
}: SpeechRequest & { modelId: string; outputFormat: string }) {
  return {
    model: modelId,
    input: text,
    voice: voiceId,
    response_format: responseFormatOf(outputFormat),
    speed: voiceSettings?.speed,
    instructions,
  }
}

/** The caller has named no model, so that it is not the caller's fault that there is none of that name. */
function aboutConfiguredModel(error: unknown): unknown {
  if (!ServiceError.isInstance(error) || error.errors?.[0]?.path !== 'modelId') return error
  const message = `${error.message}; the operator of this service must check OPENAI_SPEECH_MODEL`
  return new ServiceError('speech_invalid_answer', message, { cause: error })
}

/** The voices that the service lists, and the configured one where it lists none or has no list. */
async function listVoices(api: OpenAiApi, voiceId: string, signal: AbortSignal): Promise<Voice[]> {
  const configured = { id: voiceId, name: voiceId }
  try {
    const voices = await api.voices(signal)
    return voices.some(({ id }) => id === voiceId) ? voices : [configured, ...voices]
  } catch (error) {
    const hasNoList = StatusError.isInstance(error) && [404, 405, 501].includes(error.statusCode)
    if (hasNoList) return [configured]
    throw error
  }
}
