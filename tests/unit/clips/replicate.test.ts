import { describe, expect, it } from 'vitest'
import { afterResponse } from '#lib/background/after-response.ts'
import { runMaintenance } from '#lib/background/tasks.ts'
import { recover } from '#lib/clips/recover.ts'
import { replicate } from '#lib/clips/replicate.ts'
import { FakeProvider, refused, unavailable } from '../../support/fake-provider.ts'
import { speak, testServices } from '../../support/services.ts'

const MINUTE_MS = 60_000
const signal = new AbortController().signal
const two = { environment: { IPFS_REPLICAS: '2' } }
const due = { limit: 100, signal, dueOnly: true }

async function pinsOf({ services }: Pick<Awaited<ReturnType<typeof testServices>>, 'services'>, id: string) {
  return (await services.catalog.pins.ofClip(id)).map(({ provider }) => provider).sort()
}

describe('replicas', () => {
  it('are one by default', async () => {
    const world = await testServices()
    const clip = await world.clock.until(speak(world.services))
    await world.clock.until(afterResponse(world.services, clip))
    expect(world.second.uploads).toEqual([])
    expect(await pinsOf(world, clip.id)).toEqual(['pinata'])
  })

  it('are made after the answer, which waits only for the first', async () => {
    const world = await testServices(two)
    const clip = await world.clock.until(speak(world.services))
    expect(clip).toMatchObject({ state: 'stored', provider: 'pinata' })
    expect(world.second.uploads).toEqual([])
    await world.clock.until(afterResponse(world.services, clip))
    expect(await pinsOf(world, clip.id)).toEqual(['kubo', 'pinata'])
    expect([world.first.taken.get(clip.cid), world.second.taken.get(clip.cid)]).toEqual([1, 1])
    expect(await world.services.catalog.replications.count()).toBe(0)
  })

  it('are left to the new holder of the lease once that was lost', async () => {
    const { services, clock, second } = await testServices(two)
    const clip = await clock.until(speak(services))
    services.catalog.replications.renew = async () => false
    expect(await clock.until(replicate(services, due))).toEqual({ added: 0, failed: 0 })
    expect(second.uploads).toEqual([])
    const lease = { owner: 'another', expiresAt: clock.now() + MINUTE_MS }
    const claim = { lease, dueOnly: false }
    expect(await services.catalog.replications.claim({ ...claim, now: clock.now() })).toBeUndefined()
    const later = clock.now() + 2 * MINUTE_MS
    expect(await services.catalog.replications.claim({ ...claim, now: later })).toMatchObject({
      clipId: clip.id,
      failedRounds: 0,
    })
  })

  it('are complete in the end when the second provider was down for an hour', async () => {
    const world = await testServices(two)
    const { services, clock, first, second } = world
    second.always(unavailable())
    const startedAt = clock.now()
    const clip = await clock.until(speak(services))
    expect(clock.now() - startedAt).toBeLessThan(1000)
    expect(clip.state).toBe('stored')
    await clock.until(afterResponse(services, clip))
    for (let minutes = 0; minutes < 60; minutes += 5) {
      await clock.until(runMaintenance(services))
      await clock.advance(5 * MINUTE_MS)
    }
    expect(await pinsOf(world, clip.id)).toEqual(['pinata'])
    second.always('store')
    for (let ticks = 0; ticks < 3; ticks += 1) {
      await clock.advance(5 * MINUTE_MS)
      await clock.until(runMaintenance(services))
    }
    expect(await pinsOf(world, clip.id)).toEqual(['kubo', 'pinata'])
    expect([first.doubles, second.doubles, second.taken.get(clip.cid)]).toEqual([0, 0, 1])
  })

  it('are none too many where a slow provider takes the clip after the first that had it', async () => {
    const world = await testServices(two)
    const { services, clock, first, second } = world
    first.next(async ({ cid }) => {
      await clock.sleep(25_000)
      first.take(cid)
      return { cid }
    })
    const clip = await clock.until(speak(services))
    expect(clip).toMatchObject({ state: 'stored', provider: 'kubo' })
    await clock.until(afterResponse(services, clip))
    await clock.until(services.tasks.settled())
    expect(await pinsOf(world, clip.id)).toEqual(['kubo', 'pinata'])
    expect([first.uploads.length, second.uploads.length]).toEqual([1, 1])
    await clock.until(replicate(services, due))
    expect(await services.catalog.replications.count()).toBe(0)
    expect([first.uploads.length, second.uploads.length]).toEqual([1, 1])
  })

  it('go on after a crash, and when IPFS_REPLICAS is raised', async () => {
    const world = await testServices()
    const clip = await world.clock.until(speak(world.services))
    const next = await testServices({ ...two, directory: world.directory, providers: world.providers })
    await recover(next.services)
    expect(await next.clock.until(replicate(next.services, due))).toEqual({ added: 1, failed: 0 })
    expect(await pinsOf(next, clip.id)).toEqual(['kubo', 'pinata'])
  })

  it('are made once, however many calls run at the same time', async () => {
    const world = await testServices(two)
    const clips = await world.clock.until(Promise.all([1, 2, 3].map(() => speak(world.services))))
    const results = await world.clock.until(
      Promise.all([1, 2, 3, 4].map(() => replicate(world.services, due))),
    )
    expect(results.reduce((sum, { added }) => sum + added, 0)).toBe(3)
    for (const { cid } of clips) expect(world.second.taken.get(cid)).toBe(1)
  })

  it('go to the next provider where one refuses', async () => {
    const providers = ['pinata', 'filebase', 'kubo'].map((name) => new FakeProvider(name))
    const world = await testServices({ ...two, providers })
    providers[1]?.always(refused())
    const clip = await world.clock.until(speak(world.services))
    await world.clock.until(replicate(world.services, due))
    expect(await pinsOf(world, clip.id)).toEqual(['kubo', 'pinata'])
  })

  it('are at most as many as there are providers', async () => {
    const world = await testServices({ environment: { IPFS_REPLICAS: '5' } })
    const clip = await world.clock.until(speak(world.services))
    await world.clock.until(replicate(world.services, due))
    expect(await pinsOf(world, clip.id)).toEqual(['kubo', 'pinata'])
    expect(await world.services.catalog.replications.count()).toBe(0)
  })

  it('are left to providers that take bytes: one that fetches by CID is never the first', async () => {
    const pinning = Object.assign(new FakeProvider('pinning'), { needsOrigin: true })
    const world = await testServices({ ...two, providers: [pinning, new FakeProvider('kubo')] })
    const clip = await world.clock.until(speak(world.services))
    expect(clip.provider).toBe('kubo')
    await world.clock.until(replicate(world.services, due))
    expect(await pinsOf(world, clip.id)).toEqual(['kubo', 'pinning'])
    const alone = await testServices({
      providers: [Object.assign(new FakeProvider('pinning'), { needsOrigin: true })],
    })
    expect((await alone.clock.until(speak(alone.services))).state).toBe('pending')
  })
})
