import { z } from 'zod'
import { MEBIBYTE } from '#lib/platform/units.ts'
import { readErrorBody, readJsonAnswer, StatusError, sendRequest } from '#lib/speech/http/request.ts'

const MAX_VOICES_BYTES = MEBIBYTE

/** What is asked of the service, by its own names. */
export interface OpenAiSpeechBody {
  model: string
  input: string
  voice: string
  response_format: string
  speed?: number | undefined
  instructions?: string | undefined
}

/** OpenAI's HTTP API for speech, as the services that are compatible with it have it. Each call is one attempt. */
export interface OpenAiApi {
  /**
   * The answer with the audio as its body.
   *
   * @see https://platform.openai.com/docs/api-reference/audio/createSpeech
   */
  speak(body: OpenAiSpeechBody, signal: AbortSignal): Promise<Response>
  /** Of the services that have such a list: not OpenAI's own, whose answer is 404. */
  voices(signal: AbortSignal): Promise<OpenAiVoice[]>
}

export interface OpenAiVoice {
  id: string
  name: string
  language?: string | undefined
}

/** @param apiKey without one no credentials are sent, as services of one's own want it */
export function createOpenAiApi({
  apiKey,
  baseUrl,
}: {
  apiKey?: string | undefined
  baseUrl: string
}): OpenAiApi {
  const root = rootOf(baseUrl)
  const credentials: Record<string, string> = apiKey ? { authorization: `Bearer ${apiKey}` } : {}
  return {
    async speak(body, signal) {
      const response = await sendRequest(`${root}/audio/speech`, {
        method: 'POST',
        // Audio is compressed already; a compressed answer would hide where it ends.
        headers: { ...credentials, 'content-type': 'application/json', 'accept-encoding': 'identity' },
        body: JSON.stringify(body),
        signal,
      })
      // Gateways may find out after the status was sent: https://openrouter.ai/docs/api/reference/errors-and-debugging
      const isJson = /\bjson\b/i.test(response.headers.get('content-type') ?? '')
      if (isJson) throw new StatusError(response, await readErrorBody(response))
      return response
    },
    async voices(signal) {
      const response = await sendRequest(`${root}/audio/voices`, { headers: credentials, signal })
      const what = 'a list of voices'
      const answer = await readJsonAnswer(response, {
        schema: voicesSchema,
        maxBytes: MAX_VOICES_BYTES,
        what,
      })
      return Array.isArray(answer) ? answer : (answer.voices ?? answer.data ?? [])
    },
  }
}

/** A host alone has its API under `/v1`, as OpenAI's packages are told it. */
function rootOf(baseUrl: string): string {
  const url = baseUrl.replace(/\/+$/, '')
  return new URL(url).pathname === '/' ? `${url}/v1` : url
}

/** Kokoro-FastAPI lists objects, or names alone before its version 0.3; others call the id `voice_id`, `voice` or `name`. */
const voice = z.union([
  z.string().transform((id): OpenAiVoice => ({ id, name: id })),
  z
    .object({
      id: z.string().nullish(),
      voice_id: z.string().nullish(),
      voice: z.string().nullish(),
      name: z.string().nullish(),
      language: z.string().nullish(),
    })
    .transform(({ id, voice_id, voice: named, name, language }, context): OpenAiVoice => {
      const voiceId = id ?? voice_id ?? named ?? name
      if (!voiceId) context.addIssue('a voice without a name')
      return { id: voiceId ?? '', name: name ?? voiceId ?? '', language: language ?? undefined }
    }),
])
const voices = z.array(voice)
const voicesSchema = z.union([voices, z.object({ voices: voices.optional(), data: voices.optional() })])
