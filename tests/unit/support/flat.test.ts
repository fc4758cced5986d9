import { describe, expect, it } from 'vitest'
import { heldLimit, isFlat } from '../../proof/fuzz/flat.ts'

/** What a service holds at each of 400 looks. */
const looks = (heldMiB: (look: number) => number) => Array.from({ length: 400 }, (_, look) => heldMiB(look))

describe('isFlat()', () => {
  it('finds a leak of 20 bytes a request in a million requests', () => {
    const leakMiB = (2500 * 20) / 1024 ** 2
    expect(
      isFlat(
        looks((look) => 90 + look * leakMiB),
        heldLimit,
      ),
    ).toBe(false)
  })

  it.each<[string, (look: number) => number]>([
    ['a service that warms up', (look) => 90 - 30 / (look + 1)],
    ['one that holds more for a while', (look) => (look % 7 === 0 ? 140 : 90)],
  ])('calls %s flat', (_, heldMiB) => {
    expect(isFlat(looks(heldMiB), heldLimit)).toBe(true)
  })

  it('says nothing of a run of three looks', () => {
    expect(isFlat([1, 100, 1000], heldLimit)).toBe(true)
  })
})
