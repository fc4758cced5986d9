import { describe, expect, it } from 'vitest'
import { waitsOf } from '#lib/dashboard/read-stats.ts'

describe('waitsOf', () => {
  it('gives median and 95th percentile of a histogram', () => {
    const times = [
      { ms: 500, clips: 5 },
      { ms: 10, clips: 94 },
      { ms: 90_000, clips: 1 },
    ]
    expect(waitsOf(times)).toEqual({ clips: 100, medianMs: 10, p95Ms: 500 })
    expect(waitsOf([])).toBeUndefined()
  })
})
