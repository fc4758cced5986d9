import type { Clock } from './clock.ts'

/**
 * Clocks that differ by less count as equal: what machines date for each other must have more than this to spare. A
 * reading that took longer is too inexact.
 */
const TOLERANCE_MS = 1000

/** What another clock said, between two moments of this machine's. All are milliseconds since the epoch. */
export interface TimeReading {
  theirs: number
  askedAt: number
  answeredAt: number
}

export interface SkewCorrectedClock extends Clock {
  /** Follows the other clock from now on, where it differs from this machine's by more than a second. */
  align(reading: TimeReading): void
}

/**
 * This machine's clock `own`, corrected by readings of one that several machines share: what one of them dates, such as
 * the end of a lease, another compares with its own time.
 *
 * `onSkew` gets by how much `own` is behind the other clock, in milliseconds; ahead of it where that is negative.
 */
export function createSkewCorrectedClock(own: Clock, onSkew: (skewMs: number) => void): SkewCorrectedClock {
  let skewMs = 0
  return {
    ...own,
    now: () => own.now() + skewMs,

    align({ theirs, askedAt, answeredAt }) {
      // The other clock may have been read at any moment in between.
      if (answeredAt - askedAt > TOLERANCE_MS) return
      const foundMs = Math.round(theirs - (askedAt + answeredAt) / 2)
      const nextMs = Math.abs(foundMs) > TOLERANCE_MS ? foundMs : 0
      if (Math.abs(nextMs - skewMs) <= TOLERANCE_MS) return
      skewMs = nextMs
      onSkew(skewMs)
    },
  }
}
