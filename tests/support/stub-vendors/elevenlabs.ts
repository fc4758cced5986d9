import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { speechMp3, tonePcm } from './audio.ts'
import { credentials } from './credentials.ts'
import { timedObjects } from './timed-objects.ts'
import type { Vendor, VendorAnswer, VendorRequest } from './vendor.ts'
import { json, Refusal } from './vendor.ts'

/** How the voice speaks. */
export interface SpeechSettings {
  chunkBytes: number
  /** The wait between two chunks. Set lower, it ends sooner, also one that has begun. */
  chunkPauseMs: number
  /** How long the audio lasts for one character of text. */
  msPerCharacter: number
  /** Whether every answer is a clip of its own; otherwise the same text has the same bytes. */
  isUnique: boolean
  /** More requests than this at once are refused. */
  concurrencyLimit: number
}

export const defaultSpeechSettings: SpeechSettings = {
  chunkBytes: 4096,
  chunkPauseMs: 0,
  msPerCharacter: 60,
  isUnique: true,
  concurrencyLimit: Number.POSITIVE_INFINITY,
}

const MAX_CHARACTERS = 10_000
const voices = [
  { voice_id: 'JBFqnCBsd6RMkjVDRZzb', name: 'George', category: 'premade', labels: { language: 'en' } },
  { voice_id: 'EXAVITQu4vr4xnSDxMaL', name: 'Sarah', category: 'premade', labels: { language: 'en' } },
]

/** As `GET /v1/models` answers: https://elevenlabs.io/docs/api-reference/models/list */
const models = ['eleven_flash_v2_5', 'eleven_multilingual_v2'].map((model_id) => ({
  model_id,
  name: model_id,
  can_do_text_to_speech: true,
  maximum_text_length_per_request: 10_000,
  languages: [{ language_id: 'en', name: 'English' }],
}))

/** As `GET /v1/user/subscription` answers, shortened: https://elevenlabs.io/docs/api-reference/user/subscription/get */
const subscription = { tier: 'creator', character_count: 1234, character_limit: 100_000, status: 'active' }

const lists: Record<string, unknown> = {
  '/v1/voices': { voices },
  '/v2/voices': { voices, has_more: false, total_count: voices.length },
  '/v1/models': models,
  '/v1/user/subscription': subscription,
}

/** ElevenLabs: speech, whole or streamed, and what it lists: voices, models, the subscription. The voice `missing` does not exist. */
export function createElevenLabs(settings: SpeechSettings): Vendor {
  let active = 0
  let spoken = 0
  return {
    endpointOf(method, path) {
      if (method === 'POST' && /^\/v1\/text-to-speech\/[^/]+(\/stream)?(\/with-timestamps)?$/.test(path))
        return 'speech'
      if (method === 'GET' && path in lists) return 'voices'
      return undefined
    },
    isAuthorized: (headers) => headers['xi-api-key'] === credentials.elevenLabsApiKey,
    async answer(request) {
      if (request.endpoint === 'voices') return json(200, lists[request.url.pathname])
      if (active >= settings.concurrencyLimit) throw new Refusal(429, 'too_many_concurrent_requests')
      spoken++
      const answer = speak(request, settings, spoken)
      active++
      request.signal.addEventListener('abort', () => active--)
      return answer
    },
    error: (status, code) =>
      json(status, { detail: { status: code ?? codes[status], message: `Stub: ${status}` } }),
  }
}

const codes: Record<number, string> = {
  400: 'bad_request',
  401: 'invalid_api_key',
  403: 'forbidden',
  404: 'voice_not_found',
  422: 'validation_error',
  429: 'system_busy',
  500: 'internal_server_error',
}

function speak(request: VendorRequest, settings: SpeechSettings, sequence: number) {
  const { text, voiceId, outputFormat } = parse(request)
  const durationMs = Math.max(200, text.length * settings.msPerCharacter)
  const comment = settings.isUnique ? `${sequence} ${randomUUID()}` : text
  const { audio, contentType } = encode(outputFormat, durationMs, comment)
  const isTimed = request.url.pathname.endsWith('/with-timestamps')
  return {
    status: 200,
    headers: {
      'content-type': isTimed ? 'application/json' : contentType,
      'request-id': randomUUID(),
      'character-cost': String(text.length),
      'x-voice-id': voiceId,
    },
    body: isTimed
      ? timedObjects(inChunks(audio, settings, request.signal), { text, durationMs, sizeBytes: audio.length })
      : inChunks(audio, settings, request.signal),
  } satisfies VendorAnswer
}

function parse(request: VendorRequest) {
  const voiceId = request.url.pathname.split('/')[3] ?? ''
  const outputFormat = request.url.searchParams.get('output_format') ?? 'mp3_44100_128'
  let text: unknown
  try {
    text = JSON.parse(request.body.toString()).text
  } catch {
    throw new Refusal(422, 'validation_error')
  }
  if (typeof text !== 'string' || text === '') throw new Refusal(422, 'validation_error')
  if (text.length > MAX_CHARACTERS) throw new Refusal(400, 'max_character_limit_exceeded')
  if (voiceId === 'missing') throw new Refusal(404, 'voice_not_found')
  return { text, voiceId, outputFormat }
}

function encode(outputFormat: string, durationMs: number, comment: string) {
  const [codec = '', rate = '44100'] = outputFormat.split('_')
  if (codec === 'mp3') return { audio: speechMp3(durationMs, comment), contentType: 'audio/mpeg' }
  if (codec === 'pcm') return { audio: tonePcm(durationMs, Number(rate)), contentType: 'audio/pcm' }
  throw new Refusal(422, 'output_format_not_supported')
}

export async function* inChunks(audio: Uint8Array, settings: SpeechSettings, signal: AbortSignal) {
  for (let at = 0; at < audio.length; at += settings.chunkBytes) {
    if (at > 0) await pause(settings, signal)
    yield audio.subarray(at, at + settings.chunkBytes)
  }
}

async function pause(settings: SpeechSettings, signal: AbortSignal) {
  const from = performance.now()
  for (;;) {
    const leftMs = settings.chunkPauseMs - (performance.now() - from)
    if (leftMs <= 0) return
    await sleep(Math.min(leftMs, 50), undefined, { signal })
  }
}
