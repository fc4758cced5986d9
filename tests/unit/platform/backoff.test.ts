import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exponentialBackoff, waitBeforeRetry, withJitter } from '#lib/platform/backoff.ts'

const listed = { delaysMs: [1000, 2000, 4000], maxRetryAfterMs: 10_000, random: () => 0 }
const retryable = { isRetryable: true }
const chance = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })

describe('the wait before the next attempt', () => {
  it.each([
    [1, 1000],
    [2, 2000],
    [3, 4000],
    [4, undefined],
  ])('after attempt %i is the listed one: %s ms', (attempts, expected) => {
    expect(waitBeforeRetry({ ...listed, attempts, error: retryable })).toBe(expected)
  })

  it('is none for an error that is not retryable', () => {
    expect(waitBeforeRetry({ ...listed, attempts: 1, error: { isRetryable: false } })).toBeUndefined()
  })

  it.each([
    [0, 1000],
    [999, 1000],
    [1500, 1500],
    [10_000, 10_000],
    [10_001, undefined],
  ])('with a Retry-After of %i ms is %s ms', (retryAfterMs, expected) => {
    expect(waitBeforeRetry({ ...listed, attempts: 1, error: { ...retryable, retryAfterMs } })).toBe(expected)
  })

  it('is never shorter than listed, nor than asked for, and at most a fifth longer than listed', () => {
    const wait = fc.nat({ max: 100_000 })
    fc.assert(
      fc.property(wait, fc.option(wait, { nil: undefined }), chance, (listedMs, retryAfterMs, random) => {
        const waitMs = waitBeforeRetry({
          attempts: 1,
          delaysMs: [listedMs],
          maxRetryAfterMs: 100_000,
          random: () => random,
          error: { ...retryable, retryAfterMs },
        }) as number
        expect(waitMs).toBeGreaterThanOrEqual(Math.max(listedMs, retryAfterMs ?? 0))
        expect(waitMs).toBeLessThanOrEqual(Math.max(Math.ceil(listedMs * 1.2), retryAfterMs ?? 0))
        expect(Number.isInteger(waitMs)).toBe(true)
      }),
      { seed: 1 },
    )
  })

  it('has a jitter of up to a fifth, which never shortens it', () => {
    expect(withJitter(1000, () => 0)).toBe(1000)
    expect(withJitter(1000, () => 0.5)).toBe(1100)
    expect(withJitter(1000, () => 0.999)).toBe(1200)
  })
})

describe('the wait after failures in a row', () => {
  it.each([
    [1, 1000],
    [2, 2000],
    [3, 4000],
    [10, 512_000],
    [11, 600_000],
    [1_000_000, 600_000],
  ])('after %i of them is %i ms', (failures, expected) => {
    expect(exponentialBackoff(failures, () => 0)).toBe(expected)
  })

  it('is never shorter than without jitter, and at most ten minutes and a fifth', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), chance, (failures, random) => {
        const waitMs = exponentialBackoff(failures, () => random)
        expect(waitMs).toBeGreaterThanOrEqual(exponentialBackoff(failures, () => 0))
        expect(waitMs).toBeLessThanOrEqual(720_000)
      }),
      { seed: 1 },
    )
  })
})
