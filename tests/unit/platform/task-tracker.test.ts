import { describe, expect, it } from 'vitest'
import { createTaskTracker } from '#lib/platform/task-tracker.ts'
import { createSimulatedClock } from '../../support/simulated-clock.ts'

describe('background work', () => {
  const setUp = () => {
    const clock = createSimulatedClock()
    const errors: unknown[] = []
    return { clock, errors, work: createTaskTracker({ clock, onError: (error) => errors.push(error) }) }
  }

  it('is waited for, and its failures are told', async () => {
    const { clock, errors, work } = setUp()
    const failure = new Error('It failed')
    const tracked = work.track(clock.sleep(1000).then(() => Promise.reject(failure)))
    await clock.until(work.drain(20_000))
    expect(clock.passed()).toBe(1000)
    await expect(tracked).rejects.toBe(failure)
    expect(errors).toEqual([failure])
    expect(work.signal.aborted).toBe(false)
  })

  it('that begins while it is waited for is waited for, too', async () => {
    const { clock, work } = setUp()
    void work.track(clock.sleep(1000).then(() => void work.track(clock.sleep(2000))))
    await clock.until(work.drain(20_000))
    expect(clock.passed()).toBe(3000)
  })

  it('is aborted when its grace is over, and may tidy up behind itself', async () => {
    const { clock, errors, work } = setUp()
    let isTidy = false
    const long = clock.sleep(60_000, work.signal).catch(async (error) => {
      await clock.sleep(500)
      isTidy = true
      throw error
    })
    work.track(long).catch(() => {})
    await clock.until(work.drain(20_000))
    expect(clock.passed()).toBe(20_500)
    expect(isTidy).toBe(true)
    expect(errors).toEqual([])
  })

  it('that heeds nothing is left behind', async () => {
    const { clock, work } = setUp()
    void work.track(new Promise(() => {}))
    await clock.until(work.drain(20_000))
    expect(clock.passed()).toBe(22_000)
  })

  it('leaves nothing to wait for once it is done', async () => {
    const { clock, work } = setUp()
    await work.drain(20_000)
    await work.settled()
    expect(clock.sleeping()).toBe(0)
  })
})
