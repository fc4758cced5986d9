/** How long clips took from staged to stored. */
export interface TimeSummary {
  clips: number
  medianMs: number
  p95Ms: number
}

/** Median and 95th percentile of a histogram: `clips` took `ms` milliseconds each. `undefined` where it is empty. */
export function summarizeTimes(times: { ms: number; clips: number }[]): TimeSummary | undefined {
  const clips = times.reduce((sum, time) => sum + time.clips, 0)
  if (clips === 0) return undefined
  const ascending = times.toSorted((a, b) => a.ms - b.ms)
  const percentile = (share: number) => {
    let seen = 0
    for (const time of ascending) {
      seen += time.clips
      if (seen >= clips * share) return time.ms
    }
    return 0
  }
  return { clips, medianMs: percentile(0.5), p95Ms: percentile(0.95) }
}
