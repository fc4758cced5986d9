import { describe, expect, it } from 'vitest'
import { hedgedRace } from '#lib/platform/hedged-race.ts'
import { createSimulatedClock } from '../../support/simulated-clock.ts'

function setUp() {
  const clock = createSimulatedClock()
  const started: { name: string; afterMs: number; signal: AbortSignal }[] = []
  /** Ends after `ms`: with its name, or with `error`. */
  const attempt = (name: string, ms: number, error?: Error) => async (signal: AbortSignal) => {
    started.push({ name, afterMs: clock.passed(), signal })
    await clock.sleep(ms, signal)
    if (error) throw error
    return name
  }
  const stop = new AbortController()
  const run = (attempts: Parameters<typeof hedgedRace<string>>[0]) =>
    clock.until(hedgedRace(attempts, { clock, staggerMs: 100, signal: stop.signal }))
  return { clock, started, attempt, stop, run }
}

describe('a race of attempts', () => {
  it('starts the next attempt once the last is slow, and aborts the losers', async () => {
    const { started, attempt, run } = setUp()
    expect(await run([attempt('slow', 1000), attempt('quick', 50), attempt('spare', 50)])).toBe('quick')
    expect(started.map(({ name, afterMs }) => [name, afterMs])).toEqual([
      ['slow', 0],
      ['quick', 100],
    ])
    expect(started[0]?.signal.aborted).toBe(true)
  })

  it('starts the next attempt at once where the last has failed', async () => {
    const { started, attempt, run } = setUp()
    expect(await run([attempt('bad', 20, new Error('It failed')), attempt('good', 10)])).toBe('good')
    expect(started[1]).toMatchObject({ name: 'good', afterMs: 20 })
  })

  it('fails with the error of every attempt where none has succeeded', async () => {
    const { attempt, run } = setUp()
    const errors = [new Error('one'), new Error('two')]
    const failed = run([attempt('one', 10, errors[0]), attempt('two', 10, errors[1])])
    await expect(failed).rejects.toMatchObject({ errors })
    await expect(run([])).rejects.toMatchObject({ errors: [] })
  })

  it('ends with the reason of its signal', async () => {
    const { attempt, run, stop } = setUp()
    const reason = new Error('Stop')
    stop.abort(reason)
    await expect(run([attempt('slow', 1000)])).rejects.toBe(reason)
  })
})
