import { describe, expect, it } from 'vitest'
import { afterResponse } from '#lib/background/after-response.ts'
import { drainBacklog } from '#lib/background/drain-backlog.ts'
import { retryOpportunistically } from '#lib/background/opportunistic.ts'
import { runMaintenance } from '#lib/background/tasks.ts'
import { FakeProvider, refused, unavailable } from '../../support/fake-provider.ts'
import { speak, testServices, waitingClips } from '../../support/services.ts'
import { createSimulatedClock } from '../../support/simulated-clock.ts'

async function withChance(random: number, environment: Record<string, string> = {}) {
  const clock = { ...createSimulatedClock({ now: Date.now() }), random: () => random }
  return testServices({ clock, environment, providers: [new FakeProvider()] })
}
const waiting = async ({ services, clock }: Awaited<ReturnType<typeof withChance>>) =>
  services.catalog.queue.countWaiting(clock.now())

describe('the opportunistic hook', () => {
  it.each([
    [0.0999, 0],
    [0.1, 1],
    [0.9, 1],
  ])(
    'with the random number %d and a chance of 0.1 leaves %i of one waiting clip',
    async (random, remaining) => {
      const world = await withChance(random)
      await waitingClips(world.services, 1)
      await world.clock.until(retryOpportunistically(world.services))
      expect(await waiting(world)).toBe(remaining)
    },
  )

  it('never retries where the chance is 0, and always where it is 1', async () => {
    const never = await withChance(0, { OPPORTUNISTIC_RETRY_CHANCE: '0' })
    const always = await withChance(0.9999, { OPPORTUNISTIC_RETRY_CHANCE: '1' })
    for (const world of [never, always]) {
      await waitingClips(world.services, 1)
      await world.clock.until(retryOpportunistically(world.services))
    }
    expect(await waiting(never)).toBe(1)
    expect(await waiting(always)).toBe(0)
  })

  it('tries at most three clips while they fail', async () => {
    const world = await withChance(0)
    world.first.always(refused())
    await waitingClips(world.services, 5)
    await world.clock.until(retryOpportunistically(world.services))
    expect(world.first.uploads).toHaveLength(3)
  })

  it('does not try clips whose own date has not come', async () => {
    const world = await withChance(0)
    world.first.next(refused())
    await speak(world.services)
    await world.clock.until(retryOpportunistically(world.services))
    expect(world.first.uploads).toHaveLength(1)
  })

  it('empties the backlog once one of its clips was stored', async () => {
    const world = await withChance(0)
    await waitingClips(world.services, 20)
    await world.clock.until(retryOpportunistically(world.services))
    expect(await waiting(world)).toBe(0)
  })
})

describe('the drain after a recovery', () => {
  it('empties a backlog that takes many claims', async () => {
    const { services, clock, first } = await testServices()
    await waitingClips(services, 130)
    await clock.until(drainBacklog(services))
    expect(first.taken.size).toBe(130)
    expect(await services.catalog.queue.countWaiting(clock.now())).toBe(0)
  })

  it('uploads clips whose own date is far ahead', async () => {
    const { services, clock, providers } = await testServices()
    for (const provider of providers) provider.always(refused())
    await speak(services)
    await clock.advance(1)
    for (const provider of providers) provider.always('store')
    await clock.until(drainBacklog(services))
    expect(await services.catalog.queue.countWaiting(clock.now())).toBe(0)
  })

  it('ends when a provider fails again', async () => {
    const provider = new FakeProvider()
    const { services, clock } = await testServices({ providers: [provider] })
    await waitingClips(services, 130)
    provider.next('store', 'store', ...Array(8).fill(unavailable(3_600_000)))
    await clock.until(drainBacklog(services))
    expect(provider.uploads.length).toBeLessThan(10)
    expect(await services.catalog.queue.countWaiting(clock.now())).toBeGreaterThan(120)
  })

  it('is not held up by a clip that no provider will ever take', async () => {
    const { services, clock, providers } = await testServices()
    const [poison = ''] = await waitingClips(services, 130)
    const { cid } = (await services.catalog.clips.find(poison)) ?? {}
    for (const provider of providers) {
      provider.always(async (content) => {
        if (content.cid === cid) throw refused()
        return { cid: content.cid }
      })
    }
    await clock.until(drainBacklog(services))
    expect(await services.catalog.queue.countWaiting(clock.now())).toBe(1)
    expect(await services.catalog.clips.find(poison)).toMatchObject({ failedRounds: 1 })
  })

  it('tries a clip that no provider will take once, and not after every answer', async () => {
    const { services, clock, providers } = await testServices()
    const [poison = ''] = await waitingClips(services, 1)
    const { cid } = (await services.catalog.clips.find(poison)) ?? {}
    for (const provider of providers) {
      provider.always(async (content) => {
        if (content.cid === cid) throw refused()
        return { cid: content.cid }
      })
    }
    for (let answers = 0; answers < 20; answers += 1) {
      await clock.advance(100)
      await afterResponse(services, await speak(services))
    }
    expect(await services.catalog.clips.find(poison)).toMatchObject({ failedRounds: 1 })
  })

  it.each([
    ['answers errors', unavailable()],
    ['refuses everything', refused()],
  ])('happens after each outage of a provider that %s and then recovers', async (_, failure) => {
    const { services, clock, providers } = await testServices({ environment: { IPFS_RETRY_DELAYS_MS: ',' } })
    for (let outages = 0; outages < 2; outages += 1) {
      for (const provider of providers) provider.always(failure)
      for (let clips = 0; clips < 3; clips += 1) await speak(services)
      for (const provider of providers) provider.always('store')
      await clock.advance(500)
      await afterResponse(services, await speak(services))
      expect(await services.catalog.queue.countWaiting(clock.now())).toBe(0)
    }
  })

  it('tries a clip without bytes once, and ends', async () => {
    const { services, clock } = await testServices()
    const ids = await waitingClips(services, 3)
    for (const id of ids) await services.store.delete(id)
    await clock.until(drainBacklog(services))
    for (const id of ids) expect(await services.catalog.clips.find(id)).toMatchObject({ failedRounds: 1 })
  })

  it('runs once at a time', async () => {
    const { services, clock, first } = await testServices()
    await waitingClips(services, 10)
    first.always(async ({ cid }) => {
      await clock.sleep(1000)
      return { cid }
    })
    await clock.until(Promise.all([drainBacklog(services), drainBacklog(services), drainBacklog(services)]))
    expect(first.busiest).toBe(5)
    expect(clock.passed()).toBe(2000)
  })

  it('stops with the service, and gives back what it has claimed', async () => {
    const { services, clock, first } = await testServices()
    first.always('hang')
    await waitingClips(services, 10)
    const drain = services.tasks.track(drainBacklog(services))
    await clock.advance(1000)
    await clock.until(services.tasks.drain(0))
    await drain
    expect(first.uploads).toHaveLength(5)
    expect(await services.catalog.queue.owners()).toEqual([])
  })
})

describe('the work after an answer', () => {
  it('of a stored clip uploads the backlog', async () => {
    const { services, clock } = await testServices()
    await waitingClips(services, 7)
    await clock.until(afterResponse(services, await speak(services)))
    expect(await services.catalog.queue.countWaiting(clock.now())).toBe(0)
  })

  it('of a stored clip probes the provider that had failed', async () => {
    const { services, clock, first } = await testServices()
    first.next(unavailable(20_000))
    const clip = await speak(services)
    expect(clip.provider).toBe('kubo')
    await clock.advance(20_000)
    await clock.until(afterResponse(services, clip))
    expect(first.lookups).toEqual([clip.cid])
    expect(await speak(services)).toMatchObject({ provider: 'pinata' })
  })

  it('of a temporary clip probes once the cool-downs are over, and then uploads the backlog', async () => {
    const { services, clock, providers } = await testServices()
    for (const provider of providers) provider.next(unavailable(20_000))
    await speak(services)
    await clock.advance(20_000)
    const clip = await speak(services)
    expect(clip.state).toBe('pending')
    await clock.until(afterResponse(services, clip))
    expect(await services.catalog.queue.countWaiting(clock.now())).toBe(0)
  })

  it('of a temporary clip tries nothing while all breakers are open', async () => {
    const { services, clock, providers } = await testServices()
    for (const provider of providers) provider.next(unavailable(20_000))
    const clip = await speak(services)
    await clock.until(afterResponse(services, clip))
    expect(providers.flatMap(({ uploads }) => uploads)).toHaveLength(2)
  })
})

describe('a run of the clean-up timer', () => {
  it('uploads what is due, drains the backlog, cleans up, and logs what it did', async () => {
    const world = await testServices()
    await waitingClips(world.services, 3)
    await world.clock.advance(1000)
    await world.clock.until(runMaintenance(world.services))
    expect(world.lines.at(-1)).toMatchObject({
      msg: 'Cleaned up',
      processed: 3,
      successCount: 3,
      failureCount: 0,
      remaining: 0,
      expired: 0,
    })
  })
})
