import type { HangUpRequest } from './hang-up.ts'
import { ADMIN_KEY, quick } from './operator.ts'
import type { Environment, Service } from './service.ts'
import type { StubVendors } from './stub-vendors.ts'

/** For a service on which callers hang up. */
export const hangUpEnvironment: Environment = {
  ...quick,
  REUSE: 'on',
  LOG_LEVEL: 'error',
  MAX_TEXT_LENGTH: '9000',
}

/** How many requests for fresh speech come on one for speech that exists already. */
const FRESH_EVERY = 20

/** Every route that streams, each with something to stream: a clip of some megabytes, and one that waits for a provider. */
export async function streamingRoutes(service: Service, vendors: StubVendors): Promise<HangUpRequest[]> {
  const long = 'A long story. '.repeat(600)
  const { body: stored } = await service.vocalize({ text: long, voiceId: 'George' })
  await vendors.always('pinata', { kind: 'refused' })
  const { body: waiting } = await service.vocalize({ text: 'It waits', voiceId: 'George' })
  const { id, cid } = stored.data
  const accept = 'Accept: text/event-stream'
  let asked = 0
  const text = (number: number) => (++asked % FRESH_EVERY === 0 ? `${number} ${long.slice(0, 500)}` : long)
  const say = (number: number) => JSON.stringify({ text: text(number), voiceId: 'George' })
  const get = (path: string, ...headers: string[]) => ({
    name: path,
    head: [`GET ${path} HTTP/1.1`, ...headers],
  })
  const post = (path: string, body: (number: number) => string, ...headers: string[]) => ({
    name: path,
    head: [`POST ${path} HTTP/1.1`, 'Content-Type: application/json', ...headers],
    body,
  })
  return [
    get(`/api/temp-audio/${id}`),
    get(`/api/temp-audio/${id}`, 'Range: bytes=1000-'),
    get(`/ipfs/${cid}`),
    get(`/ipfs/${cid}?format=car`),
    get(`/api/clips/${waiting.data.id}/events`),
    get('/api/admin/figures', accept, `Authorization: Bearer ${ADMIN_KEY}`),
    post('/api/agents/vocalize', say, accept),
    post('/api/agents/vocalize/stream', say),
    post('/v1/audio/speech', (number) =>
      JSON.stringify({ input: text(number), model: 'tts-1', voice: 'George' }),
    ),
    post('/audio/speech', (number) =>
      JSON.stringify({ input: text(number), voice: 'George', stream_format: 'sse' }),
    ),
    post('/v1/text-to-speech/George/stream', (number) => JSON.stringify({ text: text(number) })),
    post('/v1/text-to-speech/George/stream/with-timestamps', (number) =>
      JSON.stringify({ text: text(number) }),
    ),
  ]
}
