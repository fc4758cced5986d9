import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Interface, lint, readInterface } from '../support/interface.ts'
import type { Json } from '../support/json.ts'
import { ADMIN_KEY } from '../support/operator.ts'
import { cleanUpServices, startService } from '../support/service.ts'
import { statusFault } from '../support/stub-vendors.ts'
import { until } from '../support/until.ts'
import { useWorld } from '../support/world.ts'

const world = useWorld()
let document: Json
let description: Interface
const unknown = '0'.repeat(32)
const keeping = { SPEECH_PROVIDER: 'local', IPFS_PROVIDERS: 'embedded' }
/** To an indexer that cannot be reached. */
const publishing = {
  IPNI_ANNOUNCE: 'true',
  IPNI_INDEXER_URL: 'http://127.0.0.1:9',
  PUBLIC_BASE_URL: 'https://voice.example',
}
const admin = { authorization: `Bearer ${ADMIN_KEY}` }

beforeAll(async () => {
  const response = await world.service.fetch('/api/openapi.json')
  document = await response.json()
  description = readInterface(document)
})

afterAll(cleanUpServices)

/** `null` where there can be none. */
const readBody = async (response: Response) => (response.status === 204 ? null : response.bytes())
const get = (path: string, headers = {}) => world.service.fetch(path, { headers })
const post = (path: string, body: unknown, headers = {}) =>
  world.service.fetch(path, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
const remove = (id: string, headers = {}) =>
  world.service.fetch(`/api/clips/${id}`, { method: 'DELETE', headers })
const hello = { text: 'Hello from a test', voiceId: 'George' }

/** A clip that is stored, and one that no provider takes. */
async function clips() {
  const stored = (await world.service.vocalize()).body.data.id as string
  await world.vendors.always('pinata', statusFault(401))
  const pending = (await world.service.vocalize()).body.data.id as string
  await world.vendors.heal()
  return { stored, pending }
}

async function getCaptions(format: string) {
  const { body } = await world.service.vocalize({ ...hello, timestamps: true })
  const path = `/api/clips/${body.data.id}/captions.${format}`
  const whole = await get(path)
  return [
    whole,
    // A part of JSON is none.
    ...(format === 'json' ? [] : [await get(path, { range: 'bytes=0-9' })]),
    await get(path, { range: 'bytes=99999999-' }),
    await get(path, { 'if-none-match': whole.headers.get('etag') ?? '' }),
    await get(path, { 'if-match': '"another"' }),
    await get(`/api/clips/${unknown}/captions.${format}`),
  ]
}

/** The path of a script whose clip is stored. */
async function storedScript(): Promise<string> {
  const { id } = (await (await post('/api/scripts', hello)).json()).data
  await until('the script is stored', async () => {
    const { state } = (await (await get(`/api/scripts/${id}`)).json()).data
    return state === 'stored'
  })
  return `/api/scripts/${id}`
}

/** Calls that bring out the answers of each operation. */
const calls: Record<string, () => Promise<Response[]>> = {
  async vocalize() {
    const path = '/api/agents/vocalize'
    const answers = [
      await post(path, hello),
      await post(path, { ...hello, timestamps: true }),
      await post(path, hello, { accept: 'text/event-stream' }),
      await post(path, hello, { accept: 'audio/*' }),
      await post(path, '{'),
      await post(path, { text: '', voiceId: 'a b' }),
      await post(path, { ...hello, voiceId: 'missing' }),
      await post(path, { text: 'x'.repeat(100_000) }),
    ]
    await world.vendors.always('pinata', statusFault(401))
    answers.push(await post(path, hello))
    await world.vendors.always('elevenlabs', statusFault(401))
    answers.push(await post(path, hello))
    await world.vendors.heal()
    return answers
  },
  async streamSpeech() {
    const path = '/api/agents/vocalize/stream'
    return [
      await post(path, hello),
      await post(path, { ...hello, outputFormat: 'pcm_16000' }),
      await post(path, { ...hello, voiceId: 'missing' }),
    ]
  },
  async elevenLabsConvert() {
    const path = '/v1/text-to-speech/George'
    const { text } = hello
    return [
      await post(path, { text }),
      await post(`${path}?output_format=nonsense`, { text }),
      await post(path, {}),
      await post('/v1/text-to-speech/missing', { text }),
    ]
  },
  elevenLabsStream: async () => [await post('/v1/text-to-speech/George/stream', { text: 'Hello' })],
  async elevenLabsConvertTimed() {
    const path = '/v1/text-to-speech/George/with-timestamps'
    return [await post(path, { text: 'Hello' }), await post(path, {})]
  },
  elevenLabsStreamTimed: async () => [
    await post('/v1/text-to-speech/George/stream/with-timestamps', { text: 'Hello' }),
  ],
  elevenLabsVoices: async () => [await get('/v1/voices')],
  elevenLabsVoicePage: async () => [
    await get('/v2/voices?search=sar&page_size=1'),
    await get('/v2/voices?page_size=0'),
  ],
  elevenLabsVoice: async () => [await get('/v1/voices/JBFqnCBsd6RMkjVDRZzb'), await get('/v1/voices/nobody')],
  elevenLabsVoiceSettings: async () => [
    await get('/v1/voices/JBFqnCBsd6RMkjVDRZzb/settings'),
    await get('/v1/voices/nobody/settings'),
  ],
  elevenLabsDefaultSettings: async () => [await get('/v1/voices/settings/default')],
  elevenLabsUser: async () => [await get('/v1/user')],
  elevenLabsSubscription: async () => [await get('/v1/user/subscription')],
  openAiModels: async () => [await get('/v1/models'), await get('/v1/models', { 'xi-api-key': 'any' })],
  openAiModel: async () => [await get('/v1/models/tts-1'), await get('/v1/models/none')],
  openAiAudioModels: async () => [await get('/v1/audio/models')],
  openAiVoices: async () => [await get('/v1/audio/voices')],
  openAiSpeechShort: async () => [await post('/audio/speech', { input: 'Hello' })],
  async openAiSpeech() {
    const path = '/v1/audio/speech'
    const speech = { model: 'tts-1', input: 'Hello', voice: 'alloy' }
    return [
      await post(path, speech),
      await post(path, { ...speech, response_format: 'flac' }),
      await post(path, { ...speech, response_format: 'nonsense' }),
      await post(path, { ...speech, stream_format: 'sse' }),
      await post(path, { ...speech, voice: 'missing' }),
      await post(path, '{'),
    ]
  },
  async createScript() {
    const path = '/api/scripts'
    return [
      await post(path, hello),
      await post(path, { turns: [hello, { text: 'Another turn' }], voiceId: 'Sarah' }),
      await post(path, { text: 'No voice' }),
      await post(path, { ...hello, turns: [hello] }),
      await post(path, { turns: [{ text: '' }] }),
      await post(path, '{'),
      await post(path, { text: 'x'.repeat(3_000_000) }),
    ]
  },
  async getScript() {
    const path = await storedScript()
    return [await get(path), await get(`/api/scripts/${unknown}`)]
  },
  async cancelScript() {
    const path = await storedScript()
    const cancel = (path: string) => world.service.fetch(path, { method: 'DELETE' })
    return [await cancel(path), await cancel(`/api/scripts/${unknown}`)]
  },
  async followScript() {
    const path = await storedScript()
    return [await get(`${path}/events`), await get(`/api/scripts/${unknown}/events`)]
  },
  listVoices: async () => [await get('/api/voices')],
  async getClip() {
    const { stored, pending } = await clips()
    const { stored: deleted } = await clips()
    await remove(deleted, admin)
    return Promise.all([stored, pending, deleted, unknown, 'x'].map((id) => get(`/api/clips/${id}`)))
  },
  async listClips() {
    const { stored } = await clips()
    await remove(stored, admin)
    return [
      await get('/api/clips?limit=2', admin),
      await get('/api/clips?state=deleted', admin),
      await get('/api/clips?limit=x', admin),
      await get('/api/clips'),
    ]
  },
  async deleteClip() {
    const { stored, pending } = await clips()
    await world.vendors.always('pinata', { ...statusFault(503), scope: 'all' })
    const waits = await remove(stored, admin)
    await world.vendors.heal()
    return [await remove(pending, admin), waits, await remove(unknown, admin), await remove(pending)]
  },
  exportRecords: async () => [await get('/api/admin/export', admin), await get('/api/admin/export')],
  async followClip() {
    const { stored } = await clips()
    return Promise.all([stored, unknown].map((id) => get(`/api/clips/${id}/events`)))
  },
  async getOembed() {
    const { stored } = await clips()
    const ask = (url: string, more = '') => get(`/api/oembed?url=${encodeURIComponent(url)}${more}`)
    const page = (id: string) => `${world.service.baseUrl}/c/${id}`
    return [
      await ask(page(stored)),
      await ask(page(unknown)),
      await ask('nothing'),
      await ask(page(stored), '&format=xml'),
    ]
  },
  getCaptionsVtt: () => getCaptions('vtt'),
  getCaptionsSrt: () => getCaptions('srt'),
  getCaptionsJson: () => getCaptions('json'),
  async getAudio() {
    const { stored, pending } = await clips()
    const path = `/api/temp-audio/${stored}`
    const whole = await get(path)
    return [
      whole,
      await get(`/api/temp-audio/${pending}?download`),
      await get(path, { range: 'bytes=0-99' }),
      await get(path, { range: 'bytes=99999999-' }),
      await get(path, { 'if-none-match': whole.headers.get('etag') }),
      await get(path, { 'if-match': '"another"' }),
      await get(`/api/temp-audio/${unknown}`),
    ]
  },
  async getContent() {
    const { cid } = (await world.service.vocalize()).body.data
    const path = `/ipfs/${cid}`
    const whole = await get(path)
    return [
      whole,
      await get(`${path}?format=raw`),
      await get(`${path}?format=car`),
      await get(path, { range: 'bytes=0-99' }),
      await get(path, { range: 'bytes=99999999-' }),
      await get(path, { 'if-none-match': whole.headers.get('etag') }),
      await get(path, { accept: 'application/vnd.ipfs.ipns-record' }),
      await get('/ipfs/nonsense'),
      await get('/ipfs/bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'),
    ]
  },
  async headContent() {
    const { cid } = (await world.service.vocalize()).body.data
    return [await world.service.fetch(`/ipfs/${cid}`, { method: 'HEAD' })]
  },
  async getAdvertisement() {
    const publisher = await startService({ environment: keeping })
    await publisher.vocalize()
    await publisher.stop()
    await publisher.restart(publishing)
    const path = '/ipni/v1/ad/head'
    const soon = await publisher.fetch(path)
    const ask = async () => {
      const response = await publisher.fetch(path)
      return response.status === 200 && response
    }
    const head = await until('an advertisement', ask, { timeoutMs: 30_000 })
    const answers = [head, soon, await publisher.fetch('/ipni/v1/ad/nonsense'), await get(path)]
    // Read before the service stops.
    const read = answers.map(async (answer) => new Response(await readBody(answer), answer))
    return Promise.all(read).finally(() => publisher.stop())
  },
  async headAudio() {
    const { stored } = await clips()
    return [await world.service.fetch(`/api/temp-audio/${stored}`, { method: 'HEAD' })]
  },
  async retryUploads() {
    await clips()
    await world.vendors.always('pinata', statusFault(401))
    const failed = await post('/api/admin/retry-ipfs', '', admin)
    await world.vendors.heal()
    return [
      failed,
      await post('/api/admin/retry-ipfs', '', admin),
      await post('/api/admin/retry-ipfs?limit=x', '', admin),
      await post('/api/admin/retry-ipfs', ''),
    ]
  },
  retryUploadsByCron: async () => [
    await get('/api/admin/retry-ipfs', admin),
    await get('/api/admin/retry-ipfs'),
  ],
  getHealth: async () => [await get('/api/health')],
  getReadiness: async () => [await get('/api/health/ready')],
  getMetrics: async () => [await get('/api/metrics', admin), await get('/api/metrics')],
  getDescription: async () => [await get('/api/openapi.json')],
}

describe('GET /api/openapi.json', () => {
  it('is OpenAPI 3.1, and an independent linter finds nothing', async () => {
    expect(document.openapi).toMatch(/^3\.1\./)
    expect(await lint(document)).toEqual([])
  })

  it('describes exactly the operations that are tested here', () => {
    expect(description.operationIds.sort()).toEqual(Object.keys(calls).sort())
  })

  it.each(Object.keys(calls))('%s answers as described', async (operationId) => {
    const responses = (await calls[operationId]?.()) ?? []
    const problems = await Promise.all(responses.map((response) => description.check(operationId, response)))
    expect(problems.flat()).toEqual([])
    // A script is only taken in: it is spoken behind the answer.
    expect(responses[0]?.status).toBe(operationId === 'createScript' ? 202 : 200)
  })
})
