import { quantile } from '../soak/sampler.ts'

/**
 * Whether a figure is in the last quarter of a run, by its median, no larger than `limitOf` what it was in the second one,
 * when all was warm. Less than four values tell nothing.
 */
export function isFlat(values: number[], limitOf: (before: number) => number): boolean {
  if (values.length < 4) return true
  const quarter = Math.floor(values.length / 4)
  const median = (some: number[]) =>
    quantile(
      some.toSorted((a, b) => a - b),
      0.5,
    )
  return median(values.slice(-quarter)) <= limitOf(median(values.slice(quarter, 2 * quarter)))
}

/** What a service holds may differ by so much from one look to the other, without a leak. */
export const heldLimit = (beforeMiB: number) => beforeMiB * 1.02 + 4
