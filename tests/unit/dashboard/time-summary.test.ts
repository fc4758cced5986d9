import { describe, expect, it } from 'vitest'
import { summarizeTimes } from '#lib/dashboard/time-summary.ts'

describe('summarizeTimes', () => {
  it('gives median and 95th percentile of a histogram, and nothing of an empty one', () => {
    const times = [
      { ms: 500, clips: 5 },
      { ms: 10, clips: 94 },
      { ms: 90_000, clips: 1 },
    ]
    expect(summarizeTimes(times)).toEqual({ clips: 100, medianMs: 10, p95Ms: 500 })
    expect(summarizeTimes([])).toBeUndefined()
  })
})
