import type { Clock } from './clock.ts'

/** Clocks that differ by less do no harm: whatever instances agree on by the time has more to spare. */
const HARMLESS_MS = 1000

/** What another clock said, between two moments of this machine's. All are milliseconds since the epoch. */
export interface TimeReading {
  theirs: number
  askedAt: number
  answeredAt: number
}

/** The time that all instances share. */
export interface SkewCorrectedClock extends Clock {
  /** Goes by the other clock from now on, where that differs by more than is harmless. */
  align(reading: TimeReading): void
}

/**
 * The clock `own`, put right by readings of the one that all instances share: leases and dates are told by one machine
 * and judged by another. `onSkew` is told by how much `own` has turned out to be behind, or ahead where it is negative.
 */
export function createSkewCorrectedClock(own: Clock, onSkew: (skewMs: number) => void): SkewCorrectedClock {
  let skewMs = 0
  return {
    ...own,
    now: () => own.now() + skewMs,

    align({ theirs, askedAt, answeredAt }) {
      // It may have been read at any moment in between.
      if (answeredAt - askedAt > HARMLESS_MS) return
      const found = Math.round(theirs - (askedAt + answeredAt) / 2)
      const next = Math.abs(found) > HARMLESS_MS ? found : 0
      if (Math.abs(next - skewMs) <= HARMLESS_MS) return
      skewMs = next
      onSkew(skewMs)
    },
  }
}
