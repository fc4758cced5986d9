import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { waitBeforeRetry, waitBeforeRound, withJitter } from '#lib/platform/backoff.ts'

const listed = { delaysMs: [1000, 2000, 4000], maxRetryAfterMs: 10_000, random: () => 0 }
const mendable = { isRetryable: true }
const chance = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })

describe('the wait before the next try at a provider', () => {
  it.each([
    [1, 1000],
    [2, 2000],
    [3, 4000],
    [4, undefined],
  ])('after try %i is the listed one: %s ms', (tries, expected) => {
    expect(waitBeforeRetry({ ...listed, tries, error: mendable })).toBe(expected)
  })

  it('does not come for a fault that no retry can mend', () => {
    expect(waitBeforeRetry({ ...listed, tries: 1, error: { isRetryable: false } })).toBeUndefined()
  })

  it.each([
    [0, 1000],
    [999, 1000],
    [1500, 1500],
    [10_000, 10_000],
    [10_001, undefined],
  ])('with a Retry-After of %i ms is %s ms', (retryAfterMs, expected) => {
    expect(waitBeforeRetry({ ...listed, tries: 1, error: { ...mendable, retryAfterMs } })).toBe(expected)
  })

  it('is never shorter than listed, nor than asked for, and at most a fifth longer than listed', () => {
    const wait = fc.nat({ max: 100_000 })
    fc.assert(
      fc.property(wait, fc.option(wait, { nil: undefined }), chance, (listedMs, retryAfterMs, random) => {
        const waitMs = waitBeforeRetry({
          tries: 1,
          delaysMs: [listedMs],
          maxRetryAfterMs: 100_000,
          random: () => random,
          error: { ...mendable, retryAfterMs },
        }) as number
        expect(waitMs).toBeGreaterThanOrEqual(Math.max(listedMs, retryAfterMs ?? 0))
        expect(waitMs).toBeLessThanOrEqual(Math.max(Math.ceil(listedMs * 1.2), retryAfterMs ?? 0))
        expect(Number.isInteger(waitMs)).toBe(true)
      }),
      { seed: 1 },
    )
  })

  it('differs between those that failed together', () => {
    expect(withJitter(1000, () => 0)).toBe(1000)
    expect(withJitter(1000, () => 0.5)).toBe(1100)
    expect(withJitter(1000, () => 0.999)).toBe(1200)
  })
})

describe('the wait before the next round of a clip', () => {
  it.each([
    [1, 1000],
    [2, 2000],
    [3, 4000],
    [10, 512_000],
    [11, 600_000],
    [1_000_000, 600_000],
  ])('after %i failed rounds is %i ms', (failedRounds, expected) => {
    expect(waitBeforeRound(failedRounds, () => 0)).toBe(expected)
  })

  it('never shrinks, and never goes beyond ten minutes and a fifth', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), chance, (failedRounds, random) => {
        const waitMs = waitBeforeRound(failedRounds, () => random)
        expect(waitMs).toBeGreaterThanOrEqual(waitBeforeRound(failedRounds, () => 0))
        expect(waitMs).toBeLessThanOrEqual(720_000)
      }),
      { seed: 1 },
    )
  })
})
