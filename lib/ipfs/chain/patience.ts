import { MEBIBYTE } from '#lib/platform/units.ts'

/** How long the first upload to a provider may take. */
const UNKNOWN_MS = 3000
const SHORTEST_MS = 1000
/** How many times its usual time an upload may take. */
const TIMES_USUAL = 3
/** How much the latest upload counts in the usual time. */
const WEIGHT_OF_LATEST = 0.2

/** How long one provider may take for an upload before another one is asked as well, from what it took before. */
export interface Patience {
  /** In milliseconds, for so many bytes. */
  forSize(sizeBytes: number): number
  /** Whether an upload of so many bytes that has taken `durationMs` has taken longer than usual. */
  isLate(sizeBytes: number, durationMs: number): boolean
  /** An upload of so many bytes was stored within this time. */
  learn(sizeBytes: number, durationMs: number): void
}

/** A clip of less than a mebibyte takes about one unit of time, and each mebibyte one more. */
const unitsOf = (sizeBytes: number) => 1 + sizeBytes / MEBIBYTE

export function createPatience(): Patience {
  let usualMs: number | undefined

  function forSize(sizeBytes: number) {
    const ms = usualMs === undefined ? UNKNOWN_MS : TIMES_USUAL * usualMs
    return Math.max(SHORTEST_MS, Math.round(ms * unitsOf(sizeBytes)))
  }

  return {
    forSize,
    isLate: (sizeBytes, durationMs) => durationMs > forSize(sizeBytes) / TIMES_USUAL,
    learn(sizeBytes, durationMs) {
      const latestMs = durationMs / unitsOf(sizeBytes)
      usualMs = usualMs === undefined ? latestMs : usualMs + (latestMs - usualMs) * WEIGHT_OF_LATEST
    },
  }
}
