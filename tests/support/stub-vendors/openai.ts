import { randomUUID } from 'node:crypto'
import { speechMp3, tonePcm } from './audio.ts'
import { credentials } from './credentials.ts'
import type { SpeechSettings } from './elevenlabs.ts'
import { inChunks } from './elevenlabs.ts'
import type { Vendor, VendorRequest } from './vendor.ts'
import { json, Refusal } from './vendor.ts'

const voices = ['alloy', 'nova'].map((id) => ({ id, name: id }))

/**
 * A service that speaks OpenAI's API, as Kokoro-FastAPI does: speech in chunks, and a list of its voices. The voice
 * `missing` does not exist.
 *
 * @see https://github.com/remsky/Kokoro-FastAPI/blob/master/api/src/routers/openai_compatible.py
 */
export function createOpenAi(settings: SpeechSettings): Vendor {
  let spoken = 0
  return {
    endpointOf(method, path) {
      if (method === 'POST' && path === '/v1/audio/speech') return 'speech'
      if (method === 'GET' && path === '/v1/audio/voices') return 'voices'
      return undefined
    },
    isAuthorized: (headers) => headers.authorization === `Bearer ${credentials.openAiApiKey}`,
    async answer(request) {
      if (request.endpoint === 'voices') return json(200, { voices })
      spoken += 1
      return speak(request, settings, spoken)
    },
    // https://platform.openai.com/docs/guides/error-codes
    error: (status, code) =>
      json(status, {
        error: {
          message: `Stub: ${code ?? status}`,
          type: 'stub_error',
          param: null,
          code: code ?? codes[status] ?? null,
        },
      }),
  }
}

const codes: Record<number, string> = { 401: 'invalid_api_key', 429: 'rate_limit_exceeded' }

function speak(request: VendorRequest, settings: SpeechSettings, sequence: number) {
  const { input, voice, response_format: format } = JSON.parse(request.body.toString())
  if (typeof input !== 'string' || input === '') throw new Refusal(400, 'invalid_input')
  if (voice === 'missing') throw new Refusal(400, 'voice_not_found')
  const durationMs = Math.max(200, input.length * settings.msPerCharacter)
  const comment = settings.isUnique ? `${sequence} ${randomUUID()}` : input
  const isPcm = format === 'pcm'
  const audio = isPcm ? tonePcm(durationMs, 24_000) : speechMp3(durationMs, comment)
  return {
    status: 200,
    headers: { 'content-type': isPcm ? 'audio/pcm' : 'audio/mpeg' },
    body: inChunks(audio, settings, request.signal),
  }
}
