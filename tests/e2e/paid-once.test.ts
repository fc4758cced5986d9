import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { speakThroughCrashes } from '../proof/script/run.ts'
import type { Json } from '../support/json.ts'
import { quick } from '../support/operator.ts'
import { newDirectory, type Service, startService } from '../support/service.ts'
import { environmentFor } from '../support/stub-vendors.ts'
import { until } from '../support/until.ts'
import { useVendors } from '../support/world.ts'

const world = useVendors()
const sentence = { text: 'A sentence that a hundred ask for', voiceId: 'George' }

describe('a clip is paid for once', () => {
  let first: Service
  let second: Service
  beforeAll(async () => {
    const directory = await newDirectory()
    const environment = { ...quick, ...environmentFor(world.vendors), REUSE: 'on' }
    const start = () => startService({ environment, directory })
    ;[first, second] = await Promise.all([start(), start()])
  })
  afterAll(() => Promise.all([first, second].map((service) => service?.kill())))

  it('by a hundred identical requests at once, to two processes', async () => {
    const services = [first, second] as const
    await world.vendors.speak({ chunkPauseMs: 20 })
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => (services[n % 2] as Service).vocalize(sentence)),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    // Each process names its own address in the URL of the page.
    const pageOf = ({ pageUrl }: { pageUrl: string }) => new URL(pageUrl).pathname
    const clips = answers.map(({ body: { data } }) => ({ ...data, reused: undefined, pageUrl: pageOf(data) }))
    expect(new Set(clips.map((clip) => JSON.stringify(clip))).size).toBe(1)
    expect(answers.filter(({ body }) => !body.data.reused)).toHaveLength(1)
    expect(await world.vendors.requests({ vendor: 'elevenlabs', endpoint: 'speech' })).toHaveLength(1)
  })

  it('by two requests under one Idempotency-Key, also across a restart', async () => {
    const service = first
    const headers = { 'idempotency-key': '"8e03978e-40d5-43dd-bc93-6894a57f9324"' }
    const body = { text: 'Only once', voiceId: 'George', reuse: false }
    const { body: once } = await service.vocalize(body, headers)
    await service.kill()
    await service.restart()
    expect((await service.vocalize(body, headers)).body).toEqual(once)
    const { status, body: refusal } = await service.vocalize({ ...body, text: 'Something else' }, headers)
    expect(status).toBe(422)
    expect(refusal.code).toBe('idempotency_key_reused')
  })

  it.each([
    ['an audio answer', '/api/agents/vocalize', { accept: 'audio/*' }],
    ['an event stream', '/api/agents/vocalize', { accept: 'text/event-stream' }],
    ['/stream', '/api/agents/vocalize/stream', {}],
    ['the route of ElevenLabs', '/v1/text-to-speech/George/stream', {}],
    ['the route of OpenAI', '/v1/audio/speech', {}],
  ])('by two requests under one Idempotency-Key to %s', async (name, path, accept) => {
    const service = second
    const before = (await world.vendors.requests({ vendor: 'elevenlabs', endpoint: 'speech' })).length
    const text = `Only once by ${name}`
    const body = { text, voiceId: 'George', reuse: false, input: text, model: 'tts-1', voice: 'George' }
    const ask = (more = {}) =>
      service.fetch(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': name, ...accept },
        body: JSON.stringify({ ...body, ...more }),
      })
    const begun = await ask()
    const one = await begun.text()
    // The answer ends once the clip is kept, and its upload may still be under way.
    const again = await until('an answer', async () => {
      const response = await ask()
      return response.status !== 409 && response
    })
    expect([begun.status, again.status]).toEqual([200, 200])
    expect(again.headers.get('x-clip-id')).toBe(begun.headers.get('x-clip-id'))
    expect(again.headers.get('content-type')).toBe(begun.headers.get('content-type'))
    const two = await again.text()
    if (name === 'an event stream') expect(resultIn(two)).toEqual(resultIn(one))
    else expect(two).toBe(one)
    const other = await ask({ text: 'Another', input: 'Another' })
    expect(other.status).toBe(422)
    const spoken = await world.vendors.requests({ vendor: 'elevenlabs', endpoint: 'speech' })
    expect(spoken).toHaveLength(before + 1)
  })

  it('by requests under one Idempotency-Key in each form', async () => {
    const service = second
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'in each form' }
    const body = JSON.stringify({ text: 'In each form', voiceId: 'George', reuse: false })
    const ask = (accept: string) =>
      service.fetch('/api/agents/vocalize', { method: 'POST', body, headers: { ...headers, accept } })
    const { data } = await (await ask('application/json')).json()
    const audio = await ask('audio/*')
    expect(audio.headers.get('x-clip-id')).toBe(data.id)
    expect((await audio.bytes()).byteLength).toBe(data.bytes)
    expect(resultIn(await (await ask('text/event-stream')).text())).toEqual({ success: true, data })
  })

  it('where the process that had spoken it was killed: the other one answers at once', async () => {
    const before = statesIn(first.directory).length
    await world.vendors.always('pinata', { kind: 'hang' })
    const headers = { 'idempotency-key': 'killed while it was uploaded' }
    const body = { text: 'Killed while it was uploaded', voiceId: 'George', reuse: false }
    const cutOff = first.vocalize(body, headers).catch(() => undefined)
    await until('the clip is staged', () => statesIn(first.directory).includes('staged'))
    await first.kill()
    await cutOff
    await world.vendors.heal()
    const { status, body: answer } = await second.vocalize(body, headers)
    expect(status).toBe(200)
    expect(await second.vocalize(body, headers)).toMatchObject({ status: 200, body: answer })
    expect(statesIn(first.directory)).toHaveLength(before + 1)
  })
})

describe('a script', () => {
  it('is paid for once, piece by piece, though it is killed and without quota for a while, and is one clip', async () => {
    const { script, service, paid, lost } = await speakThroughCrashes(world.vendors, {
      characters: 2000,
      kills: 1,
      withoutQuotaMs: 100,
      pieceMs: 500,
      environment: { MAX_TEXT_LENGTH: '200' },
    })
    expect(paid.size).toBe(script.pieceCount)
    expect([...paid.values()].reduce((sum, count) => sum + count, 0)).toBe(script.pieceCount + lost)
    const { clip, pieces } = script
    const sumMs = pieces.reduce((sum: number, { durationMs }: Json) => sum + durationMs, 0)
    expect(Math.abs(clip.durationMs - sumMs)).toBeLessThan(50)
    expect(clip).toMatchObject({ state: 'stored', mimeType: 'audio/mpeg', isTemporary: false })
    const audio = await service.fetch(`/api/temp-audio/${clip.id}`)
    expect((await audio.bytes()).byteLength).toBe(clip.bytes)
    expect(service.output).not.toContain('Sentence number')
    const events = await (await service.fetch(`/api/scripts/${script.id}/events`)).text()
    expect(JSON.parse(/event: script\ndata: (.*)/.exec(events)?.[1] ?? '')).toEqual({
      ...script,
      pieces: undefined,
    })
  })

  it('is there once under an Idempotency-Key, for the key that sent it, and can be cancelled', async () => {
    const service = await startService({
      environment: { ...quick, ...environmentFor(world.vendors), VOCALIZE_API_KEYS: 'key-one,key-two' },
    })
    await world.vendors.always('elevenlabs', { kind: 'hang' })
    const as = (key: string, more = {}) => ({ headers: { authorization: `Bearer ${key}`, ...more } })
    const send = async (text: string) => {
      const response = await service.fetch('/api/scripts', {
        ...as('key-one', { 'idempotency-key': 'a script' }),
        method: 'POST',
        body: JSON.stringify({ turns: [{ text, voiceId: 'George' }] }),
      })
      return {
        status: response.status,
        location: response.headers.get('location'),
        body: await response.json(),
      }
    }
    const first = await send('Long, they say')
    expect(first).toMatchObject({
      status: 202,
      location: first.body.data.url,
      body: { data: { pieceCount: 1 } },
    })
    expect((await send('Long, they say')).body.data.id).toBe(first.body.data.id)
    expect(await send('Another')).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } })
    const { pathname } = new URL(first.body.data.url)
    const statuses = await Promise.all(
      [{}, as('key-three'), as('key-two'), as('key-one')].map(
        async (options) => (await service.fetch(pathname, options)).status,
      ),
    )
    expect(statuses).toEqual([401, 401, 404, 200])
    const cancelled = await service.fetch(pathname, { ...as('key-one'), method: 'DELETE' })
    expect((await cancelled.json()).data).toMatchObject({ state: 'cancelled', spokenPieces: 0 })
    await world.vendors.heal()
    await service.kill()
  })
})

const resultIn = (events: string) => JSON.parse(/event: result\ndata: (.*)/.exec(events)?.[1] ?? 'null')

function statesIn(directory: string): string[] {
  const database = new DatabaseSync(`${directory}/catalog.sqlite`, { readOnly: true, timeout: 10_000 })
  const rows = database.prepare('select state from clips').all()
  database.close()
  return rows.map(({ state }) => String(state))
}
