import type { Sample } from './sampler.ts'
import { quantile } from './sampler.ts'

/** How far a figure may rise from the second third of the run to the last one. */
const limits: Partial<Record<keyof Sample, (before: number) => number>> = {
  memoryMiB: (before) => before * 1.1 + 16,
  heapMiB: (before) => before * 1.15 + 16,
  openFiles: (before) => before + 10,
  vocalizeP50: (before) => before * 1.5 + 10,
  listenP50: (before) => before * 1.5 + 10,
}

/** Compares the median of each figure in the last third of the run with that in the second one; the first warms up. */
export function judgeFlatness(samples: Sample[]) {
  const third = Math.floor(samples.length / 3)
  return Object.entries(limits).map(([name, limitOf]) => {
    const values = samples.map((sample) => sample[name as keyof Sample])
    const before = median(values.slice(third, 2 * third))
    const after = median(values.slice(2 * third))
    return { name, before, after, isFlat: after <= limitOf(before) }
  })
}

function median(values: number[]): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  )
}
