import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { systemClock, withTimeLimit } from '#lib/platform/clock.ts'
import { createSimulatedClock } from '../../support/simulated-clock.ts'

const timeoutError = () => new Error('Too late')

describe('work with a time limit', () => {
  it('gives its result where it is done in time', async () => {
    const clock = createSimulatedClock()
    const work = () => clock.sleep(99).then(() => 'done')
    expect(await clock.until(withTimeLimit(work, { clock, timeoutMs: 100, timeoutError }))).toBe('done')
    expect(clock.sleeping()).toBe(0)
  })

  it('fails with the error of the work', async () => {
    const clock = createSimulatedClock()
    const failure = new Error('It failed')
    const limited = withTimeLimit(() => Promise.reject(failure), { clock, timeoutMs: 100, timeoutError })
    await expect(limited).rejects.toBe(failure)
    expect(clock.sleeping()).toBe(0)
  })

  it('fails once its time is up even if the work ignores its signal, which is aborted', async () => {
    const clock = createSimulatedClock()
    let seen: AbortSignal | undefined
    const work = (signal: AbortSignal) => {
      seen = signal
      return new Promise<never>(() => {})
    }
    const limited = withTimeLimit(work, { clock, timeoutMs: 100, timeoutError })
    await expect(clock.until(limited)).rejects.toThrow('Too late')
    expect(clock.passed()).toBe(100)
    expect(seen?.reason).toMatchObject({ message: 'Too late' })
  })

  it('fails with the reason of its own signal, and leaves no listener on it', async () => {
    const clock = createSimulatedClock()
    const stop = new AbortController()
    const options = { clock, timeoutMs: 100, timeoutError, signal: stop.signal }
    await withTimeLimit(async () => 'done', options)
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0)
    const limited = withTimeLimit(() => new Promise<never>(() => {}), options)
    const reason = new Error('Stop')
    stop.abort(reason)
    await expect(limited).rejects.toBe(reason)
    expect(clock.sleeping()).toBe(0)
    await expect(withTimeLimit(async () => 'never', options)).rejects.toBe(reason)
  })
})

describe('the clock of the system', () => {
  it('gives whole milliseconds, and chances below one', () => {
    expect(Number.isInteger(systemClock.now())).toBe(true)
    expect(systemClock.random()).toBeLessThan(1)
  })

  it('sleeps until the time is over or its signal aborts', async () => {
    const stop = new AbortController()
    await systemClock.sleep(1, stop.signal)
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0)
    const sleep = systemClock.sleep(60_000, stop.signal)
    stop.abort(new Error('Wake up'))
    await expect(sleep).rejects.toThrow('Wake up')
    await expect(systemClock.sleep(60_000, stop.signal)).rejects.toThrow('Wake up')
  })
})
