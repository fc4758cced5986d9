import type { Stats } from '#lib/dashboard/read-stats.ts'

/** One point in time with a value a line; `null` where there is nothing to say. */
export type Point = { time: number } & Record<string, number | null>

/** The share of tries that succeeded, by provider. */
export const successPoints = (figures: Stats) =>
  pointsOf(figures, figures.series.tries, (tries) => {
    const sum = (key: 'stored' | 'failed') => tries.reduce((total, count) => total + count[key], 0)
    return sum('stored') / (sum('stored') + sum('failed'))
  })

/** The median time from staged to stored in seconds, by provider. */
export const timePoints = (figures: Stats) =>
  pointsOf(figures, figures.series.timesToIpfs, ([time]) => (time ? time.medianMs / 1000 : null))

function pointsOf<T extends { step: number; provider: string }>(
  figures: Stats,
  entries: T[],
  measure: (entries: T[]) => number | null,
): Point[] {
  return stepsOf(figures).map(({ step, time }) => {
    const here = Map.groupBy(
      entries.filter((entry) => entry.step === step),
      ({ provider }) => provider,
    )
    return { time, ...Object.fromEntries([...here].map(([provider, group]) => [provider, measure(group)])) }
  })
}

/** Tries in the background that succeeded and that failed. */
export function retryPoints(figures: Stats): Point[] {
  const tries = figures.series.tries.filter(({ isBackground }) => isBackground)
  return stepsOf(figures).map(({ step, time }) => {
    const here = tries.filter((count) => count.step === step)
    const sum = (key: 'stored' | 'failed') => here.reduce((total, count) => total + count[key], 0)
    return { time, succeeded: sum('stored'), failed: sum('failed') }
  })
}

/** Megabytes in the temporary store, as noted from time to time and now. */
export function storagePoints({ series, temporary, at }: Stats): Point[] {
  const megabytes = (bytes: number) => bytes / 1024 ** 2
  return [
    ...series.samples.map(({ takenAt, heldBytes }) => ({ time: takenAt, held: megabytes(heldBytes) })),
    { time: at, held: megabytes(temporary.bytes) },
  ]
}

function stepsOf({ from, stepMs, at }: Stats) {
  const count = Math.floor((at - from) / stepMs) + 1
  return Array.from({ length: count }, (_, step) => ({ step, time: from + step * stepMs }))
}
