import { ReadableStream } from 'node:stream/web'
import { describe, expect, it } from 'vitest'
import { LIVE_LEASE_MS } from '#lib/catalog/leases.ts'
import { revive } from '#lib/clips/revive.ts'
import { vocalizeOnce } from '#lib/clips/vocalize-once.ts'
import type { Services } from '#lib/context.ts'
import { hostIdentity } from '#lib/platform/process-identity.ts'
import { type TestServices, testServices } from '../../support/services.ts'
import { speechMp3 } from '../../support/stub-vendors/audio.ts'

const hello = { text: 'Hello', voiceId: 'slt' }
const context = { requestId: 'test' }
const dead = `${hostIdentity}:${2 ** 22 + 1}:0`

const processNamed = (services: Services, leaseOwner: string): Services => ({
  ...services,
  leaseOwner,
  inFlight: {
    ...services.inFlight,
    vocalizations: new Map(),
    heartbeat: { held: new Set(), stop: undefined },
  },
})

/** The one record that is being spoken. */
async function speaking({ services, clock }: TestServices) {
  const [clip] = await services.catalog.backlog.abandoned(clock.now() + 1e9)
  if (!clip) throw new Error('Nothing is being spoken')
  return clip
}

describe('a clip that is being spoken', () => {
  it('keeps its lease for as long as that takes, so that another process waits for it', async () => {
    const world = await testServices()
    const { services, clock, speech } = world
    speech.beforeChunk = (sizeBytes) => (sizeBytes === 0 ? clock.sleep(21_000) : undefined)
    const first = processNamed(services, 'here:1:0')
    const spoken = vocalizeOnce(first, hello, context)
    await clock.advance(100)
    const again = vocalizeOnce(processNamed(services, 'elsewhere:1:0'), hello, context)
    for (let seconds = 0; seconds < 20; seconds += 5) {
      await clock.advance(5000)
      expect((await speaking(world)).leaseExpiresAt).toBeGreaterThan(clock.now() + LIVE_LEASE_MS / 2)
    }
    const { id } = await clock.until(spoken)
    expect(await clock.until(again)).toMatchObject({ id, isReused: true })
    await clock.until(services.tasks.settled())
    expect(clock.sleeping()).toBe(0)
  })

  it('is kept by its process, though that was late and another one took it for dead', async () => {
    const world = await testServices()
    const { services, clock, speech } = world
    speech.beforeChunk = () => clock.sleep(1000)
    const spoken = vocalizeOnce(processNamed(services, 'here:1:0'), hello, context)
    await clock.advance(1500)
    const { id } = await speaking(world)
    clock.set(LIVE_LEASE_MS)
    expect(await revive(processNamed(services, 'elsewhere:1:0'), id)).toBe(false)
    expect(await clock.until(spoken)).toMatchObject({ id, state: 'stored' })
    expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'stored' })
  })
})

describe('a text whose process was killed', () => {
  it.each([
    ['is given at once where its audio was durable', true],
    ['is spoken anew at once where nothing is left', false],
  ])('%s', async (_, isDurable) => {
    const world = await testServices()
    const { services, clock, speech } = world
    speech.beforeChunk = () => new Promise(() => {})
    void vocalizeOnce(processNamed(services, dead), hello, context)
    await clock.atRest()
    const { id } = await speaking(world)
    if (isDurable) await services.store.put(id, ReadableStream.from([speechMp3(100, 'Hello')]))
    speech.beforeChunk = () => {}
    const began = clock.passed()
    const clip = await clock.until(vocalizeOnce(processNamed(services, 'here:1:0'), hello, context))
    expect(clock.passed() - began).toBeLessThan(1000)
    expect(clip.id === id).toBe(isDurable)
    expect(clip.isReused ?? false).toBe(isDurable)
    const { characters_lost: lost } = await services.catalog.counters.read()
    expect(lost).toEqual(isDurable ? undefined : { process_ended: 5 })
  })

  it('on another host is spoken anew once its lease is over', async () => {
    const world = await testServices()
    const { services, clock, speech } = world
    const killed = processNamed(services, 'elsewhere:1:0')
    speech.beforeChunk = () => new Promise(() => {})
    void vocalizeOnce(killed, hello, context)
    await clock.atRest()
    killed.inFlight.heartbeat.stop?.abort()
    speech.beforeChunk = () => {}
    const began = clock.passed()
    await clock.until(vocalizeOnce(processNamed(services, 'here:1:0'), hello, context))
    expect(clock.passed() - began).toBeLessThanOrEqual(LIVE_LEASE_MS + 1000)
  })
})
