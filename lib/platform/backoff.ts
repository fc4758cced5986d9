/** Jitter stretches a wait by up to this share, and never shortens it. */
const JITTER = 0.2

/** `ms` stretched by up to a fifth, so that those who failed together do not come back together. */
export function withJitter(ms: number, random: () => number): number {
  return Math.round(ms * (1 + JITTER * random()))
}

/**
 * How long to wait before the next try at the same provider, in milliseconds: the listed wait, stretched by jitter,
 * or what the provider's `Retry-After` asked for where that is longer.
 *
 * `undefined`: do not try again, for the error cannot be mended by it, the list is at its end, or the provider asks
 * for more than `maxRetryAfterMs`.
 */
export function waitBeforeRetry(options: {
  /** Tries made so far, at least 1. */
  tries: number
  delaysMs: readonly number[]
  error: { isRetryable: boolean; retryAfterMs?: number | undefined }
  maxRetryAfterMs: number
  random: () => number
}): number | undefined {
  const { tries, delaysMs, error, maxRetryAfterMs, random } = options
  const listedMs = delaysMs[tries - 1]
  if (!error.isRetryable || listedMs === undefined) return undefined
  const askedMs = error.retryAfterMs ?? 0
  if (askedMs > maxRetryAfterMs) return undefined
  return Math.max(withJitter(listedMs, random), askedMs)
}

const FIRST_ROUND_WAIT_MS = 1000
const LONGEST_ROUND_WAIT_MS = 600_000

/** How long a clip rests after `failedRounds` rounds through the whole chain: 1 s, doubling, at most 10 minutes. */
export function waitBeforeRound(failedRounds: number, random: () => number): number {
  const doubledMs = FIRST_ROUND_WAIT_MS * 2 ** Math.min(failedRounds - 1, 20)
  return withJitter(Math.min(doubledMs, LONGEST_ROUND_WAIT_MS), random)
}
