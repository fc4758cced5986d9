import { describe, expect, it } from 'vitest'
import { allEvents, readEvents } from '../support/events.ts'
import { retryIpfs } from '../support/operator.ts'
import { statusFault } from '../support/stub-vendors.ts'
import { until } from '../support/until.ts'
import { useWorld } from '../support/world.ts'

const world = useWorld()
const unknown = '0'.repeat(32)

async function pendingClip(): Promise<string> {
  await world.vendors.always('pinata', statusFault(401))
  const { body } = await world.service.vocalize()
  expect(body.data.isTemporary).toBe(true)
  return body.data.id
}

describe('GET /api/voices', () => {
  it('lists the voices of the vendor, and asks it once for many callers', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, async () => (await world.service.fetch('/api/voices')).json()),
    )
    expect(answers[0]).toEqual({
      success: true,
      data: {
        provider: 'elevenlabs',
        voices: [
          { id: 'JBFqnCBsd6RMkjVDRZzb', name: 'George', language: 'en' },
          { id: 'EXAVITQu4vr4xnSDxMaL', name: 'Sarah', language: 'en' },
        ],
      },
    })
    expect(answers).toEqual(Array(5).fill(answers[0]))
    expect(await world.vendors.requests({ vendor: 'elevenlabs', endpoint: 'voices' })).toHaveLength(1)
  })
})

describe('GET /api/clips/{id}', () => {
  it('tells of a stored clip and of every try', async () => {
    const { body } = await world.service.vocalize()
    const { id, audioUrl, cid, bytes, durationMs } = body.data
    const response = await world.service.fetch(`/api/clips/${id}`)
    expect(await response.json()).toEqual({
      success: true,
      data: {
        id,
        state: 'stored',
        isTemporary: false,
        audioUrl,
        pageUrl: `${world.service.baseUrl}/c/${id}`,
        permanentUrl: audioUrl,
        cid,
        ipfsHash: cid,
        provider: 'pinata',
        mimeType: 'audio/mpeg',
        bytes,
        durationMs,
        characters: 17,
        spokenBy: { vendor: 'elevenlabs', voiceId: 'slt', modelId: 'eleven_multilingual_v2' },
        contentCredentials: false,
        createdAt: expect.any(String),
        spokenAt: expect.any(String),
        stagedAt: expect.any(String),
        storedAt: expect.any(String),
        expiresAt: expect.any(String),
        attempts: [
          {
            provider: 'pinata',
            trigger: 'request',
            startedAt: expect.any(String),
            durationMs: expect.any(Number),
            outcome: 'stored',
          },
        ],
      },
    })
  })

  it('tells why a clip is pending and when it is tried next', async () => {
    const id = await pendingClip()
    const { data } = await (await world.service.fetch(`/api/clips/${id}`)).json()
    expect(data).toMatchObject({
      state: 'pending',
      isTemporary: true,
      attempts: [{ outcome: 'failed', statusCode: 401 }],
    })
    expect(Date.parse(data.nextAttemptAt)).toBeGreaterThan(Date.parse(data.createdAt))
    expect(data.audioUrl).toBe(`${world.service.baseUrl}/api/temp-audio/${id}`)
    await world.recover()
  })

  it.each([unknown, 'x', '..%2f..'])('404 for %s', async (id) => {
    for (const path of [`/api/clips/${id}`, `/api/clips/${id}/events`]) {
      expect((await world.service.fetch(path)).status).toBe(404)
    }
  })
})

describe('GET /api/clips/{id}/events', () => {
  it('shows a pending clip becoming stored, and ends then', async () => {
    const id = await pendingClip()
    const events = readEvents(await world.service.fetch(`/api/clips/${id}/events`))
    const first = (await events.next()).value
    expect(first).toMatchObject({ event: 'clip', data: { id, state: 'pending' } })
    await world.vendors.heal()
    const healedAt = performance.now()
    await retryIpfs(world.service)
    const rest = await Array.fromAsync(events)
    expect(performance.now() - healedAt).toBeLessThan(1000)
    expect(rest.at(-1)?.data).toMatchObject({
      state: 'stored',
      isTemporary: false,
      ipfsHash: first?.data.cid,
    })
    expect(rest.some(({ data }) => data.attempts.at(-1).outcome === 'running')).toBe(true)
    const record = await (await world.service.fetch(`/api/clips/${id}`)).json()
    expect(rest.at(-1)?.data).toEqual(record.data)
  })

  it('sends a listener who comes back only what is new: nothing and 204 once all is known', async () => {
    const { body } = await world.service.vocalize()
    const path = `/api/clips/${body.data.id}/events`
    const [event, ...more] = await allEvents(await world.service.fetch(path))
    expect(more).toEqual([])
    const again = await world.service.fetch(path, { headers: { 'last-event-id': event?.id ?? '' } })
    expect(again.status).toBe(204)
    const stale = await allEvents(await world.service.fetch(path, { headers: { 'last-event-id': 'older' } }))
    expect(stale).toEqual([event])
  })

  it('allows one address 200 streams, and a further one when they have ended', async () => {
    const id = await pendingClip()
    const path = `/api/clips/${id}/events`
    const over = new AbortController()
    const streams = await Promise.all(
      Array.from({ length: 200 }, () => world.service.fetch(path, { signal: over.signal })),
    )
    expect(streams.every(({ status }) => status === 200)).toBe(true)
    expect((await world.service.fetch(path)).status).toBe(429)
    over.abort()
    await until('a stream to be allowed again', async () => {
      const response = await world.service.fetch(path)
      await response.body?.cancel()
      return response.status === 200
    })
    await world.recover()
  })

  it('does not hold up the exit', async () => {
    const id = await pendingClip()
    const events = readEvents(await world.service.fetch(`/api/clips/${id}/events`))
    await events.next()
    expect((await world.service.stop()).elapsedMs).toBeLessThan(5000)
    await world.service.restart()
    await world.recover()
  })
})

describe('POST /api/agents/vocalize with Accept: text/event-stream', () => {
  const accept = { accept: 'text/event-stream' }
  const speak = (body: unknown) =>
    world.service.fetch('/api/agents/vocalize', {
      method: 'POST',
      headers: accept,
      body: JSON.stringify(body),
    })

  it('shows speaking, storing with each try, stored, and gives the usual answer in the end', async () => {
    await world.vendors.speak({ chunkPauseMs: 20 })
    await world.vendors.next('pinata', statusFault(500))
    const response = await speak({ text: 'Hello from a test', voiceId: 'George' })
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    const events = await allEvents(response)
    await world.vendors.reset()
    const clips = events.filter(({ event }) => event === 'clip').map(({ data }) => data)
    expect(clips[0]).toMatchObject({ state: 'speaking', attempts: [] })
    expect([...new Set(clips.map(({ state }) => state))]).toEqual(['speaking', 'staged', 'stored'])
    const tries = clips.map(({ attempts }) =>
      attempts.map(({ outcome }: { outcome: string }) => outcome).join(),
    )
    expect(tries).toEqual(expect.arrayContaining(['running', 'failed', 'failed,running', 'failed,stored']))
    const result = events.at(-1)
    expect(result?.event).toBe('result')
    expect(result?.data.data).toMatchObject({ isTemporary: false, provider: 'pinata', id: clips[0].id })
    expect(clips.at(-1)).toMatchObject({ state: 'stored', permanentUrl: result?.data.data.audioUrl })
  })

  it('gives the problem document in the end when the vendor refuses', async () => {
    const events = await allEvents(await speak({ text: 'Hello', voiceId: 'missing' }))
    expect(events.at(-1)).toMatchObject({ event: 'problem', data: { status: 404, code: 'voice_not_found' } })
  })

  it('answers a wrong request as always', async () => {
    const response = await speak({ text: '' })
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/problem+json'])
  })

  it('finishes a clip whose caller has hung up', async () => {
    await world.vendors.speak({ chunkPauseMs: 50, chunkBytes: 2048 })
    const events = readEvents(await speak({ text: 'Nobody waits for this', voiceId: 'George' }))
    const id = (await events.next()).value?.data.id
    await events.return()
    const rest = await allEvents(await world.service.fetch(`/api/clips/${id}/events`))
    expect(rest.at(-1)?.data).toMatchObject({ state: 'stored' })
    await world.vendors.reset()
  })
})

describe('SIGTERM', () => {
  it('lets a caller who follows a speech hear of its end', async () => {
    await world.vendors.speak({ chunkPauseMs: 100, chunkBytes: 2048 })
    const response = await world.service.fetch('/api/agents/vocalize', {
      method: 'POST',
      headers: { accept: 'text/event-stream' },
      body: JSON.stringify({ text: 'Do not cut me off', voiceId: 'George' }),
    })
    const events = readEvents(response)
    await events.next()
    const stopping = world.service.stop()
    const rest = await Array.fromAsync(events)
    expect(rest.at(-1)).toMatchObject({ event: 'result', data: { data: { isTemporary: false } } })
    await stopping
    await world.vendors.reset()
    await world.service.restart()
  })
})
