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

/** Where in a third its figure is read. A call waits for sick providers, so its well quarter tells more than the median. */
const shares: Partial<Record<keyof Sample, number>> = { vocalizeP50: 0.25 }

/** Compares each figure in the last third of the run with that in the second one, by its median; the first warms up. */
export function judgeFlatness(samples: Sample[]) {
  const third = Math.floor(samples.length / 3)
  return Object.entries(limits).map(([name, limitOf]) => {
    const values = samples.map((sample) => sample[name as keyof Sample])
    const share = shares[name as keyof Sample] ?? 0.5
    const before = quantileOf(values.slice(third, 2 * third), share)
    const after = quantileOf(values.slice(2 * third), share)
    return { name, before, after, isFlat: after <= limitOf(before) }
  })
}

function quantileOf(values: number[], share: number): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    share,
  )
}
