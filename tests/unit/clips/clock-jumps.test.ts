import { describe, expect, it } from 'vitest'
import { runMaintenance } from '#lib/background/tasks.ts'
import { cleanUp } from '#lib/clips/clean-up.ts'
import { lookAtClock } from '#lib/clips/look-at-clock.ts'
import { openClip } from '#lib/clips/open-clip.ts'
import { recover } from '#lib/clips/recover.ts'
import { unavailable } from '../../support/fake-provider.ts'
import { speak, type TestServices, testServices, waitingClips } from '../../support/services.ts'
import { createSimulatedClock } from '../../support/simulated-clock.ts'

const HOUR_MS = 3_600_000
const CLEAN_UP_MS = 300_000
const signal = new AbortController().signal

/** A service whose providers are all down, with three clips that wait and one that has failed a round. */
async function outage() {
  const world = await testServices()
  const { services, clock } = world
  await recover(services)
  const waiting = await waitingClips(services, 3)
  for (const provider of world.providers) provider.always(unavailable())
  const failed = await clock.until(speak(services))
  await clock.until(services.tasks.settled())
  await clock.until(runMaintenance(services))
  return { ...world, ids: [...waiting, failed.id] }
}

/** The next process, whose clock is `jumpMs` ahead of the one before. */
async function restarted({ services, clock, directory, providers, bury }: TestServices, jumpMs: number) {
  await services.catalog.queue.release(services.leaseOwner)
  await bury()
  const next = await testServices({
    directory,
    providers,
    clock: createSimulatedClock({ now: clock.now() + jumpMs }),
  })
  await next.clock.until(recover(next.services))
  return next
}

async function statesOf({ services }: Pick<TestServices, 'services'>, ids: string[]) {
  const clips = await Promise.all(ids.map((id) => services.catalog.clips.find(id)))
  return [...new Set(clips.map((clip) => clip?.state))]
}

describe('a clock that jumps two hours ahead', () => {
  it('ends no clip, and each can still be heard', async () => {
    const world = await outage()
    world.clock.set(2 * HOUR_MS)
    await world.clock.until(runMaintenance(world.services))
    expect(await statesOf(world, world.ids)).not.toContain('expired')
    for (const id of world.ids) expect((await openClip(world.services, id)).from).toBe('here')
    for (const provider of world.providers) provider.always('store', 'answer')
    await world.clock.advance(CLEAN_UP_MS)
    await world.clock.until(runMaintenance(world.services))
    expect(await statesOf(world, world.ids)).toEqual(['stored'])
  })

  it('ends no clip while nobody ran, such as while the machine was off', async () => {
    const world = await outage()
    const next = await restarted(world, 2 * HOUR_MS)
    await next.clock.until(runMaintenance(next.services))
    expect(await statesOf(next, world.ids)).not.toContain('expired')
  })

  it('lets clips end once they have had their whole time since', async () => {
    const world = await outage()
    const { services, clock } = world
    clock.set(2 * HOUR_MS)
    for (let passed = 0; passed < HOUR_MS; passed += CLEAN_UP_MS) {
      await clock.until(runMaintenance(services))
      expect(await statesOf(world, world.ids)).not.toContain('expired')
      await clock.advance(CLEAN_UP_MS)
    }
    await clock.until(runMaintenance(services))
    expect(await statesOf(world, world.ids)).toEqual(['expired'])
  })
})

describe('a clock that jumps two hours back', () => {
  it('leaves no clip waiting for a date two hours ahead', async () => {
    const world = await outage()
    const { services, clock } = world
    clock.set(-2 * HOUR_MS)
    for (const provider of world.providers) provider.always('store', 'answer')
    await clock.advance(60_000)
    await lookAtClock(services)
    const claimed = await services.catalog.queue.claim({
      limit: 9,
      now: clock.now(),
      lease: { owner: 'me', expiresAt: clock.now() + 1000 },
      dueOnly: true,
    })
    expect(claimed.map(({ id }) => id).toSorted()).toEqual(world.ids.toSorted())
  })

  it('leaves nothing that it was working on under a lease two hours ahead after a restart', async () => {
    const world = await outage()
    const { services, clock } = world
    const lease = { owner: 'elsewhere:1:0', expiresAt: clock.now() + 60_000 }
    await services.catalog.queue.claim({ limit: 9, now: clock.now(), lease, dueOnly: false })
    const next = await restarted(world, -2 * HOUR_MS)
    for (const provider of world.providers) provider.always('store', 'answer')
    await next.clock.until(runMaintenance(next.services))
    expect(await statesOf(next, world.ids)).toEqual(['stored'])
  })
})

it('a clean-up makes no last attempts for clips that it may not end yet', async () => {
  const world = await outage()
  world.clock.set(2 * HOUR_MS)
  await lookAtClock(world.services)
  const before = world.first.uploads.length
  await world.clock.until(cleanUp(world.services, { signal }))
  expect(world.first.uploads).toHaveLength(before)
})
