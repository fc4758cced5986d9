import { describe, expect, it } from 'vitest'
import { barsOf } from '../../../../app/_playground/peaks.ts'

const picture = { peaks: Array.from({ length: 40 }, (_, index) => index / 80), seconds: 2 }

describe('the bars of a sound', () => {
  it('fill the width once the whole is known, the loudest up to the top', () => {
    const bars = barsOf(picture, 2, 10)
    expect(bars).toHaveLength(10)
    expect(bars.at(-1)).toBe(1)
    expect(bars[0]).toBeCloseTo(3 / 39)
  })

  it('end where what is known ends, while the rest is still to come', () => {
    expect(barsOf(picture, 8, 100)).toHaveLength(25)
  })

  it('are none before anything is known, and none are odd in silence', () => {
    expect(barsOf({ peaks: [], seconds: 0 }, 1, 10)).toEqual([])
    expect(barsOf({ peaks: [0, 0], seconds: 0.1 }, 0.1, 2)).toEqual([0, 0])
  })
})
