import type { Stats } from '#lib/dashboard/read-stats.ts'

/** One point in time with a value for each line; `null` where there is none. */
export type Point = { time: number } & Record<string, number | null>

/** The success rate of attempts, by provider. */
export const successPoints = (stats: Stats) =>
  pointsOf(stats, stats.series.tries, (attempts) => {
    const sum = (key: 'stored' | 'failed') => attempts.reduce((total, count) => total + count[key], 0)
    return sum('stored') / (sum('stored') + sum('failed'))
  })

/** The p50 of the time from staged to stored in seconds, by provider. */
export const timePoints = (stats: Stats) =>
  pointsOf(stats, stats.series.timesToIpfs, ([time]) => (time ? time.medianMs / 1000 : null))

function pointsOf<T extends { step: number; provider: string }>(
  stats: Stats,
  entries: T[],
  measure: (entries: T[]) => number | null,
): Point[] {
  return stepsOf(stats).map(({ step, time }) => {
    const here = Map.groupBy(
      entries.filter((entry) => entry.step === step),
      ({ provider }) => provider,
    )
    return { time, ...Object.fromEntries([...here].map(([provider, group]) => [provider, measure(group)])) }
  })
}

/** Background attempts that succeeded and that failed. */
export function retryPoints(stats: Stats): Point[] {
  const attempts = stats.series.tries.filter(({ isBackground }) => isBackground)
  return stepsOf(stats).map(({ step, time }) => {
    const here = attempts.filter((count) => count.step === step)
    const sum = (key: 'stored' | 'failed') => here.reduce((total, count) => total + count[key], 0)
    return { time, succeeded: sum('stored'), failed: sum('failed') }
  })
}

/** Megabytes in the temporary store, as sampled at each clean-up and now. */
export function storagePoints({ series, temporary, at }: Stats): Point[] {
  const megabytes = (bytes: number) => bytes / 1024 ** 2
  return [
    ...series.samples.map(({ takenAt, heldBytes }) => ({ time: takenAt, used: megabytes(heldBytes) })),
    { time: at, used: megabytes(temporary.bytes) },
  ]
}

function stepsOf({ from, stepMs, at }: Stats) {
  const count = Math.floor((at - from) / stepMs) + 1
  return Array.from({ length: count }, (_, step) => ({ step, time: from + step * stepMs }))
}
