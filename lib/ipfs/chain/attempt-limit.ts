import { MEBIBYTE } from '#lib/platform/units.ts'

/** What `IPFS_ATTEMPT_TIMEOUT_MS` is meant for: at the 30 seconds of its default, a line of one megabit a second. */
const USUAL_BYTES = 4 * MEBIBYTE
const LONGEST_FACTOR = 20

/**
 * How long one attempt to send or fetch `sizeBytes` may take, in milliseconds: `attemptTimeoutMs`, and for a clip of more than
 * 4 MiB as many times longer as it is larger, 20 times at most. With one limit for all a long clip would never be stored
 * over a slow line.
 */
export function attemptLimitMs(attemptTimeoutMs: number, sizeBytes: number): number {
  return Math.round(attemptTimeoutMs * Math.min(Math.max(1, sizeBytes / USUAL_BYTES), LONGEST_FACTOR))
}

/** The longest that `attemptLimitMs` gives. */
export const longestAttemptMs = (attemptTimeoutMs: number) => attemptTimeoutMs * LONGEST_FACTOR
