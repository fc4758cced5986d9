import { expect, it } from 'vitest'
import { flipBits } from '../unit/http/bytes/bit-flips.ts'

// The same bits in every run; SEED= tries others, RUNS= as many files as it says.
const seed = Number(process.env.SEED ?? 20_261_126)
const files = Number(process.env.RUNS ?? 200)

it('serves no wrong byte of any file with a changed bit, repairs those with another copy and keeps the others', {
  timeout: 60_000 + files * 2000,
}, async () => {
  // A bit in the header of a CAR harms nobody.
  expect(await flipBits({ seed, files })).toBeGreaterThan(0.9 * files)
})
