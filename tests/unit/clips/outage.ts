import { expect } from 'vitest'
import { afterResponse } from '#lib/background/after-response.ts'
import { readBack, runMaintenance } from '#lib/background/tasks.ts'
import { disagreements, recordsIn } from '../../support/agreement.ts'
import { FakeProvider, type UploadBehaviour, unavailable } from '../../support/fake-provider.ts'
import { speak, type TestServices, testServices } from '../../support/services.ts'

const MINUTE_MS = 60_000
const OUTAGE_MS = 30 * MINUTE_MS

/** The timer of the service, for as long as the simulation lasts. */
async function runTimer({ services, clock }: TestServices, signal: AbortSignal) {
  for (;;) {
    await clock.sleep(services.config.tempAudio.cleanupIntervalMs, signal)
    await runMaintenance(services)
    await readBack(services)
  }
}

/** Callers, spread evenly over the outage, each with the work that follows its answer. */
async function callAll({ services, clock }: TestServices, count: number) {
  const answersAfterMs: number[] = []
  const temporary: boolean[] = []
  for (let call = 1; call <= count; call += 1) {
    const askedAt = clock.passed()
    const clip = await speak(services)
    answersAfterMs.push(clock.passed() - askedAt)
    temporary.push(clip.state === 'pending')
    void services.tasks.track(afterResponse(services, clip)).catch(() => {})
    await clock.sleep(Math.max(0, (call * OUTAGE_MS) / count - clock.passed()))
  }
  return { answersAfterMs, temporary }
}

/** Lets all providers fail by `fault` for half an hour, and expects that no clip is lost, and none stored twice. */
export async function surviveOutage(fault: UploadBehaviour, { clips }: { clips: number }): Promise<void> {
  const providers = [new FakeProvider('pinata'), new FakeProvider('kubo')]
  const world = await testServices({ providers, environment: { OPPORTUNISTIC_RETRY_CHANCE: '0' } })
  const { services, clock, directory } = world
  for (const provider of providers) provider.always(fault, unavailable())
  const stop = new AbortController()
  const timer = runTimer(world, stop.signal).catch(() => {})

  const { answersAfterMs, temporary } = await clock.until(callAll(world, clips))
  expect(temporary).toEqual(Array(clips).fill(true))
  // Nobody waits beyond the deadline, and nobody waits at all once the breakers are open.
  expect(Math.max(...answersAfterMs)).toBeLessThanOrEqual(services.config.ipfs.uploadDeadlineMs)
  expect(answersAfterMs.filter((ms) => ms > 0).length).toBeLessThan(20)
  const attemptsInOutage = providers.map(({ uploads }) => uploads.length)
  // One probe a minute and provider, after the attempts that opened the breaker.
  expect(Math.max(...attemptsInOutage)).toBeLessThan(60)

  for (const provider of providers) provider.always('store', 'answer')
  await clock.advance(6 * MINUTE_MS)
  expect(recordsIn(directory).filter(({ state }) => state !== 'stored')).toEqual([])
  expect(recordsIn(directory)).toHaveLength(clips)
  const taken = providers.flatMap(({ taken }) => [...taken.values()])
  expect(taken).toEqual(Array(clips).fill(1))
  expect(await services.catalog.totals()).toMatchObject({ waitingClips: 0, heldClips: clips })
  expect(await disagreements(directory)).toEqual([])
  stop.abort()
  await timer
}
