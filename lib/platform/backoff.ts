/** Jitter lengthens a wait by up to this share, and never shortens it. */
const JITTER = 0.2

/** `waitMs` longer by up to a fifth, so that what failed at the same time is not tried again at the same time. */
export function withJitter(waitMs: number, random: () => number): number {
  return Math.round(waitMs * (1 + JITTER * random()))
}

/**
 * How long to wait before the next attempt, in milliseconds: the listed wait with jitter, or what the server's
 * `Retry-After` asked for where that is longer.
 *
 * `undefined`: do not try again, for the error is not retryable, the list is at its end, or the server asks for more than
 * `maxRetryAfterMs`.
 */
export function waitBeforeRetry(options: {
  /** Made so far, at least 1. */
  attempts: number
  delaysMs: readonly number[]
  error: { isRetryable: boolean; retryAfterMs?: number | undefined }
  maxRetryAfterMs: number
  random: () => number
}): number | undefined {
  const { attempts, delaysMs, error, maxRetryAfterMs, random } = options
  const listedMs = delaysMs[attempts - 1]
  if (!error.isRetryable || listedMs === undefined) return undefined
  const askedMs = error.retryAfterMs ?? 0
  if (askedMs > maxRetryAfterMs) return undefined
  return Math.max(withJitter(listedMs, random), askedMs)
}

const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 600_000

/** What `withJitter` makes of `waitMs` at most. */
export const longestWithJitter = (waitMs: number) => Math.ceil(waitMs * (1 + JITTER))

/** The longest that `exponentialBackoff` waits, in milliseconds. */
export const LONGEST_BACKOFF_MS = longestWithJitter(LONGEST_WAIT_MS)

/** How long to wait after `failures` in a row, in milliseconds: 1 s, doubling, at most 10 minutes, with jitter. */
export function exponentialBackoff(failures: number, random: () => number): number {
  const doubledMs = FIRST_WAIT_MS * 2 ** Math.min(failures - 1, 20)
  return withJitter(Math.min(doubledMs, LONGEST_WAIT_MS), random)
}
