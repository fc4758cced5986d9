import { describe, expect, it } from 'vitest'
import { createTaskTracker } from '#lib/platform/task-tracker.ts'
import { createSimulatedClock } from '../../support/simulated-clock.ts'

describe('tracked work', () => {
  const setUp = () => {
    const clock = createSimulatedClock()
    const errors: unknown[] = []
    return { clock, errors, work: createTaskTracker({ clock, onError: (error) => errors.push(error) }) }
  }

  it('is waited for, and its errors are reported', async () => {
    const { clock, errors, work } = setUp()
    const failure = new Error('It failed')
    const tracked = work.track(clock.sleep(1000).then(() => Promise.reject(failure)))
    await clock.until(work.drain(20_000))
    expect(clock.passed()).toBe(1000)
    await expect(tracked).rejects.toBe(failure)
    expect(errors).toEqual([failure])
    expect(work.signal.aborted).toBe(false)
  })

  it('that begins during a drain is waited for, too', async () => {
    const { clock, work } = setUp()
    void work.track(clock.sleep(1000).then(() => void work.track(clock.sleep(2000))))
    await clock.until(work.drain(20_000))
    expect(clock.passed()).toBe(3000)
  })

  it('is aborted once the grace time is over, and gets time to clean up', async () => {
    const { clock, errors, work } = setUp()
    let isClean = false
    const long = clock.sleep(60_000, work.signal).catch(async (error) => {
      await clock.sleep(500)
      isClean = true
      throw error
    })
    work.track(long).catch(() => {})
    await clock.until(work.drain(20_000))
    expect(clock.passed()).toBe(20_500)
    expect(isClean).toBe(true)
    expect(errors).toEqual([])
  })

  it('that ignores its signal is given up two seconds after the grace time', async () => {
    const { clock, work } = setUp()
    void work.track(new Promise(() => {}))
    await clock.until(work.drain(20_000))
    expect(clock.passed()).toBe(22_000)
  })

  it('leaves no timer behind once it is done', async () => {
    const { clock, work } = setUp()
    await work.drain(20_000)
    await work.settled()
    expect(clock.sleeping()).toBe(0)
  })
})
