import { ReadableStream } from 'node:stream/web'
import { describe, expect, it, vi } from 'vitest'
import { LIVE_LEASE_MS } from '#lib/catalog/leases.ts'
import { adoptOrphan } from '#lib/clips/adopt-orphan.ts'
import { vocalize } from '#lib/clips/vocalize.ts'
import type { Services } from '#lib/context.ts'
import { type ClaimedKey, claimKey } from '#lib/http/idempotency.ts'
import type { RequestContext } from '#lib/http/respond.ts'
import type { Clip, VocalizedClip } from '#lib/model/clip.ts'
import { hostIdentity } from '#lib/platform/process-identity.ts'
import { testServices } from '../../support/services.ts'
import { speechMp3 } from '../../support/stub-vendors/audio.ts'

const hello = { text: 'Hello', voiceId: 'slt', reuse: false }
const clip = (id: string) => ({ id }) as VocalizedClip
const dead = `${hostIdentity}:${2 ** 22 + 1}:0`

function claim(services: Services, key: string | undefined, body: unknown = hello, caller = 'key:one') {
  const headers = new Headers(key === undefined ? {} : { 'Idempotency-Key': key })
  const request = new Request('http://localhost/', { method: 'POST', headers })
  const context = { services, log: services.log, requestId: 'test' } as RequestContext
  return claimKey(request, context, { caller, body })
}

type Speak = (clipId: string) => Promise<VocalizedClip>

async function ask(services: Services, key: string, speak: Speak, body: unknown = hello, caller = 'key:one') {
  const claimed = (await claim(services, key, body, caller)) as ClaimedKey
  return claimed.answered ?? claimed.answerWith(() => speak(claimed.clipId))
}

const speakWith =
  (services: Services): Speak =>
  (id) =>
    vocalize(services, hello, { requestId: 'test', id })

/** The services of another process, such as one that was killed. */
const killed = (services: Services, leaseOwner = dead): Services => ({
  ...services,
  leaseOwner,
  inFlight: { ...services.inFlight, heartbeat: { held: new Set(), stop: undefined } },
})

describe('an Idempotency-Key', () => {
  it('gives the same request the same clip, whether the key is quoted or not', async () => {
    const { services } = await testServices()
    const work = vi.fn(async () => clip('one'))
    expect(await ask(services, '"key-1"', work)).toEqual(clip('one'))
    expect(await ask(services, 'key-1', work)).toEqual(clip('one'))
    expect(work).toHaveBeenCalledOnce()
  })

  it('gives the same clip after a restart', async () => {
    const { services, directory } = await testServices()
    await ask(services, 'key-1', async () => clip('one'))
    await services.catalog.close()
    const work = vi.fn(async () => clip('two'))
    const { services: next } = await testServices({ directory })
    expect(await ask(next, 'key-1', work)).toEqual(clip('one'))
    expect(work).not.toHaveBeenCalled()
  })

  it('refuses another body', async () => {
    const { services } = await testServices()
    await ask(services, 'key-1', async () => clip('one'), { text: 'a' })
    await expect(claim(services, 'key-1', { text: 'b' })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    })
  })

  it('refuses a second request while the first one is running, however long that takes', async () => {
    const { services: base, clock } = await testServices()
    const services = { ...base, leaseOwner: 'here:1:0' }
    const first = Promise.withResolvers<VocalizedClip>()
    const running = ask(services, 'key-1', () => first.promise)
    for (let seconds = 0; seconds < 60; seconds += 6) {
      await clock.advance(6000)
      await expect(claim(services, 'key-1')).rejects.toMatchObject({ code: 'idempotency_in_flight' })
      const other = killed(services, 'elsewhere:1:0')
      await expect(claim(other, 'key-1')).rejects.toMatchObject({ code: 'idempotency_in_flight' })
    }
    first.resolve(clip('one'))
    expect(await running).toEqual(clip('one'))
    expect(clock.sleeping()).toBe(0)
  })

  it('is free again after a failure', async () => {
    const { services } = await testServices()
    const failing = ask(services, 'key-1', () => Promise.reject(new Error('no voice')))
    await expect(failing).rejects.toThrow('no voice')
    expect(await ask(services, 'key-1', async () => clip('two'))).toEqual(clip('two'))
  })

  it('is one of each caller', async () => {
    const { services } = await testServices()
    await ask(services, 'key-1', async () => clip('one'), hello, 'address:192.0.2.1')
    const other = await ask(services, 'key-1', async () => clip('two'), hello, 'address:192.0.2.2')
    expect(other).toEqual(clip('two'))
  })

  it('must be 1 to 255 characters long, and may be missing', async () => {
    const { services } = await testServices()
    for (const key of ['""', 'x'.repeat(256)]) {
      await expect(claim(services, key)).rejects.toMatchObject({ code: 'invalid_request' })
    }
    expect(await claim(services, undefined)).toBeUndefined()
  })
})

describe('an Idempotency-Key whose process was killed', () => {
  it.each([
    ['staged', true],
    ['spoken to its end and not recorded', false],
  ])('gives the clip at once that was %s, and nothing is spoken again', async (_, isRecorded) => {
    const { services } = await testServices()
    const { clipId } = (await claim(killed(services), 'key-1')) as { clipId: string }
    await leave(services, clipId, { isRecorded })
    const work = vi.fn(async () => clip('two'))
    const again = await ask(services, 'key-1', work)
    expect(again).toMatchObject({ id: clipId, cid: expect.stringMatching(/^bafk/), mimeType: 'audio/mpeg' })
    expect(await ask(services, 'key-1', work)).toEqual(again)
    expect(work).not.toHaveBeenCalled()
    expect(await services.catalog.queue.owners()).toEqual([])
    expect(await services.catalog.totals()).toMatchObject({ waitingClips: 1 })
  })

  it('is spoken anew at once where nothing is left, and what was lost is counted', async () => {
    const { services, lines } = await testServices()
    const claimed = (await claim(killed(services), 'key-1')) as { clipId: string }
    await reserve(services, claimed.clipId, dead)
    const again = await ask(services, 'key-1', speakWith(services))
    expect(again.id).not.toBe(claimed.clipId)
    expect(await services.catalog.clips.find(claimed.clipId)).toBeNull()
    expect((await services.catalog.counters.read()).characters_lost).toEqual({ process_ended: 5 })
    expect(lines.filter(({ msg }) => msg.includes('lost'))).toMatchObject([
      { level: 'error', clipId: claimed.clipId, characters: 5 },
    ])
  })

  it('of another host is in flight for what is left of its lease, and free then', async () => {
    const { services, clock } = await testServices()
    await claim(killed(services, 'elsewhere:1:0'), 'key-1')
    await clock.advance(0)
    await expect(claim(services, 'key-1')).rejects.toMatchObject({
      code: 'idempotency_in_flight',
      retryAfterMs: LIVE_LEASE_MS,
    })
    clock.set(LIVE_LEASE_MS)
    expect((await ask(services, 'key-1', async () => clip('two'))).id).toBe('two')
  })

  it('has one answer, though its process was only late: who comes second gives the clip of the first', async () => {
    const { services, clock } = await testServices()
    const late = (await claim(killed(services, 'elsewhere:1:0'), 'key-1')) as Exclude<
      ClaimedKey,
      { answered: VocalizedClip }
    >
    clock.set(LIVE_LEASE_MS)
    await ask(services, 'key-1', async () => clip('of the other'))
    expect(await late.answerWith(async () => clip('of the late one'))).toEqual(clip('of the other'))
  })
})

async function reserve({ catalog, clock }: Services, id: string, leaseOwner: string) {
  const now = clock.now()
  const facts = {
    id,
    requestId: 'r',
    characters: 5,
    voiceId: 'slt',
    modelId: null,
    outputFormat: 'mp3_44100_128',
  }
  const times = { createdAt: now, expiresAt: now + 3_600_000, leaseExpiresAt: now + LIVE_LEASE_MS }
  await catalog.clips.reserve({ ...facts, ...times, sizeBytes: 100, leaseOwner }, 1e9)
}

/** Bytes that were durable when their process was killed, and perhaps their record. */
async function leave(services: Services, id: string, { isRecorded }: { isRecorded: boolean }) {
  const { catalog, clock, store } = services
  await reserve(services, id, dead)
  await store.put(id, ReadableStream.from([speechMp3(100, 'Hello')]))
  if (!isRecorded) return
  await adoptOrphan(services, (await catalog.clips.find(id)) as Clip)
  const lease = { owner: dead, expiresAt: clock.now() + 60_000 }
  await catalog.queue.claim({ limit: 1, now: clock.now(), lease, dueOnly: false })
}
