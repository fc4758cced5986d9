import { beforeEach, describe, expect, it } from 'vitest'
import { type Breaker, createBreaker } from '#lib/platform/breaker.ts'
import { unavailable, unreachable } from '../../support/fake-provider.ts'

const MAX_RETRY_AFTER_MS = 10_000
let now: number
let breaker: Breaker

beforeEach(() => {
  now = 1_000_000
  breaker = createBreaker({ now: () => now, maxRetryAfterMs: MAX_RETRY_AFTER_MS })
})

const fail = (times = 1, { wasProbe = false, retryAfterMs = 0 } = {}) => {
  for (let count = 0; count < times; count += 1) breaker.failed(unavailable(retryAfterMs), { wasProbe })
}
const failProbe = (retryAfterMs = 0) => {
  expect(breaker.beginProbe()).toBe(true)
  fail(1, { wasProbe: true, retryAfterMs })
}
/** How long the breaker stays open from now on. */
function coolDownMs(): number {
  const startedAt = now
  while (breaker.state() === 'open') now += 500
  return now - startedAt
}

describe('a circuit breaker', () => {
  it('stays closed as long as fewer than eight attempts in a row have failed', () => {
    fail(7)
    expect(breaker.state()).toBe('closed')
    breaker.succeeded()
    fail(7)
    expect(breaker.state()).toBe('closed')
  })

  it('opens after eight failures in a row, and is half-open after ten seconds', () => {
    fail(8)
    expect(breaker.state()).toBe('open')
    expect(coolDownMs()).toBe(10_000)
    expect(breaker.state()).toBe('half_open')
  })

  it('opens at once when Retry-After asks for a longer wait than the chain accepts', () => {
    fail(1, { retryAfterMs: MAX_RETRY_AFTER_MS + 1 })
    expect(breaker.state()).toBe('open')
    expect(coolDownMs()).toBeGreaterThanOrEqual(MAX_RETRY_AFTER_MS)
  })

  it.each([
    [200_000, 200_000],
    [300_000, 300_000],
    [1e12, 300_000],
  ])('stays open for the %i ms that Retry-After asks, five minutes at most', (retryAfterMs, expected) => {
    fail(1, { retryAfterMs })
    expect(coolDownMs()).toBe(expected)
  })

  it('opens after two attempts in a row without a connection', () => {
    breaker.failed(unreachable(), { wasProbe: false })
    expect(breaker.state()).toBe('closed')
    breaker.succeeded()
    breaker.failed(unreachable(), { wasProbe: false })
    expect(breaker.state()).toBe('closed')
    breaker.failed(unreachable(), { wasProbe: false })
    expect(breaker.state()).toBe('open')
  })

  it('stays closed when Retry-After asks for a wait that the chain accepts', () => {
    fail(1, { retryAfterMs: MAX_RETRY_AFTER_MS })
    expect(breaker.state()).toBe('closed')
  })

  it('allows one probe at a time, and none before the cool-down is over', () => {
    expect(breaker.beginProbe()).toBe(false)
    fail(8)
    expect(breaker.beginProbe()).toBe(false)
    coolDownMs()
    expect(breaker.beginProbe()).toBe(true)
    expect(breaker.state()).toBe('open')
    expect(breaker.beginProbe()).toBe(false)
  })

  it('closes when a probe succeeds, and starts counting failures and cool-downs anew', () => {
    fail(8)
    coolDownMs()
    breaker.beginProbe()
    breaker.succeeded()
    expect(breaker.state()).toBe('closed')
    fail(7)
    expect(breaker.state()).toBe('closed')
    fail(1)
    expect(coolDownMs()).toBe(10_000)
  })

  it('cools down twice as long after each failed probe, up to a minute', () => {
    fail(8)
    const coolDowns = [coolDownMs()]
    for (let count = 0; count < 4; count += 1) {
      failProbe()
      coolDowns.push(coolDownMs())
    }
    expect(coolDowns).toEqual([10_000, 20_000, 40_000, 60_000, 60_000])
  })

  it('does not cool down longer for failures of attempts that began before it opened', () => {
    fail(8)
    fail(20)
    expect(coolDownMs()).toBe(10_000)
    failProbe()
    expect(coolDownMs()).toBe(20_000)
  })

  it('closes when an attempt succeeds that began before it opened', () => {
    fail(8)
    breaker.succeeded()
    expect(breaker.state()).toBe('closed')
  })

  it('allows another probe after a minute when one has never ended', () => {
    fail(8)
    coolDownMs()
    breaker.beginProbe()
    expect(coolDownMs()).toBe(60_000)
    expect(breaker.beginProbe()).toBe(true)
  })

  it('allows one probe after its cool-down was reset', () => {
    fail(1, { retryAfterMs: 3_600_000 })
    breaker.resetCoolDown()
    expect(breaker.state()).toBe('half_open')
    expect(breaker.beginProbe()).toBe(true)
    breaker.resetCoolDown()
    expect(breaker.beginProbe()).toBe(false)
    breaker.succeeded()
    breaker.resetCoolDown()
    expect(breaker.state()).toBe('closed')
  })

  it('closes when a lookup is answered, and opens again at the first failed upload', () => {
    fail(8)
    coolDownMs()
    breaker.beginProbe()
    breaker.answered()
    expect(breaker.state()).toBe('closed')
    fail(1)
    expect(coolDownMs()).toBe(20_000)
    breaker.beginProbe()
    breaker.answered()
    breaker.succeeded()
    fail(7)
    expect(breaker.state()).toBe('closed')
  })

  it('is half-open at once where a caller has waited in vain, and closes when an upload succeeds', () => {
    breaker.suspect()
    expect(breaker.state()).toBe('half_open')
    expect(breaker.beginProbe()).toBe(true)
    expect(breaker.state()).toBe('open')
    breaker.succeeded()
    expect(breaker.state()).toBe('closed')
    fail(7)
    expect(breaker.state()).toBe('closed')
  })

  it('does not close for a lookup until a minute after a caller has waited in vain, and after a failed probe', () => {
    breaker.suspect()
    const lookUp = () => {
      breaker.beginProbe()
      breaker.answered()
    }
    lookUp()
    expect(breaker.state()).toBe('half_open')
    now += 30_000
    failProbe()
    now += 59_999
    lookUp()
    expect(breaker.state()).toBe('half_open')
    now += 1
    lookUp()
    expect(breaker.state()).toBe('closed')
  })

  it('cools down no shorter for a caller who has waited in vain', () => {
    fail(8)
    breaker.suspect()
    expect(coolDownMs()).toBe(10_000)
  })

  it.each([-3_600_000, -1])('does not stay open for ever when the clock is set back by %i ms', (byMs) => {
    fail(8)
    now += byMs
    expect(coolDownMs()).toBeLessThanOrEqual(10_000 + 1)
  })
})

describe('a circuit breaker that adopts the state of another', () => {
  let othersNow: number
  let other: Breaker
  let changes = 0
  const onChange = () => {
    changes += 1
  }

  beforeEach(() => {
    // Clocks of two machines, years apart.
    othersNow = 90_000_000_000
    changes = 0
    other = createBreaker({ now: () => othersNow, maxRetryAfterMs: MAX_RETRY_AFTER_MS, onChange })
    breaker = createBreaker({
      now: () => now,
      maxRetryAfterMs: MAX_RETRY_AFTER_MS,
      onChange: () => other.adopt(breaker.snapshot()),
    })
  })

  const pass = (ms: number) => {
    now += ms
    othersNow += ms
  }

  it('opens with it, and is half-open at the same moment', () => {
    fail(8)
    expect(other.state()).toBe('open')
    pass(9999)
    expect(other.state()).toBe('open')
    pass(1)
    expect(other.state()).toBe('half_open')
  })

  it('cools down only for the remaining time when it adopts the state late', () => {
    fail(8)
    pass(4000)
    other.adopt(breaker.snapshot())
    pass(6000)
    expect(other.state()).toBe('half_open')
  })

  it('cools down for five minutes at most, whatever the other says', () => {
    const closed = breaker.snapshot()
    other.adopt({ ...closed, failuresInARow: 8, coolDowns: 1, coolDownMs: 3_600_000 })
    pass(300_000)
    expect(other.state()).toBe('half_open')
  })

  it('allows no probe while the other is being probed, and continues its doubling of cool-downs', () => {
    fail(8)
    pass(10_000)
    expect(breaker.beginProbe()).toBe(true)
    expect(other.beginProbe()).toBe(false)
    fail(1, { wasProbe: true })
    pass(19_999)
    expect(other.state()).toBe('open')
    pass(1)
    expect(other.beginProbe()).toBe(true)
    other.failed(unavailable(), { wasProbe: true })
    expect(other.snapshot()).toMatchObject({ coolDowns: 3, coolDownMs: 40_000 })
  })

  it('allows a probe a minute after the other began one that never ended', () => {
    fail(8)
    pass(10_000)
    breaker.beginProbe()
    pass(59_999)
    expect(other.beginProbe()).toBe(false)
    pass(1)
    expect(other.beginProbe()).toBe(true)
  })

  it('closes with it, and starts counting failures anew', () => {
    fail(8)
    pass(10_000)
    breaker.beginProbe()
    breaker.succeeded()
    expect(other.state()).toBe('closed')
    for (let count = 0; count < 7; count += 1) other.failed(unavailable(), { wasProbe: false })
    expect(other.state()).toBe('closed')
  })

  it('opens again at the first failed upload when the other closed for an answered lookup only', () => {
    fail(8)
    breaker.answered()
    expect(other.state()).toBe('closed')
    breaker.succeeded()
    other.failed(unavailable(), { wasProbe: false })
    expect(other.state()).toBe('closed')
    fail(8)
    breaker.answered()
    other.failed(unavailable(), { wasProbe: false })
    expect(other.state()).toBe('open')
  })

  it('suspects the provider with it, and no longer once it stores a clip', () => {
    breaker.suspect()
    expect(other.state()).toBe('half_open')
    other.answered()
    expect(other.state()).toBe('half_open')
    breaker.succeeded()
    expect(other.state()).toBe('closed')
  })

  it('is half-open when the cool-down of the other was reset', () => {
    fail(1, { retryAfterMs: 3_600_000 })
    breaker.resetCoolDown()
    expect(other.state()).toBe('half_open')
  })

  it('does not call onChange for a state that it adopts', () => {
    fail(8)
    pass(10_000)
    breaker.beginProbe()
    breaker.succeeded()
    expect(changes).toBe(0)
  })

  it('does not call onChange when nothing has changed for others', () => {
    breaker = createBreaker({ now: () => now, maxRetryAfterMs: MAX_RETRY_AFTER_MS, onChange })
    fail(7)
    breaker.succeeded()
    breaker.succeeded()
    breaker.answered()
    breaker.resetCoolDown()
    expect(changes).toBe(0)
    fail(30)
    expect(changes).toBe(1)
    breaker.resetCoolDown()
    breaker.resetCoolDown()
    expect(changes).toBe(2)
  })
})
