import type { ProviderError } from '../errors.ts'

/** Tries that must fail in a row before a provider counts as sick: two clips with the default three retries. */
const FAILURES_TO_OPEN = 8
const FIRST_REST_MS = 10_000
const LONGEST_REST_MS = 60_000

/**
 * - `closed`: healthy, everyone may try
 * - `open`: sick, nobody tries
 * - `half_open`: rested; the background may probe it, callers still may not
 */
export type BreakerState = 'closed' | 'open' | 'half_open'

/** Remembers whether a provider is worth trying. */
export interface Breaker {
  state(): BreakerState
  /** Claims the one probe that a half-open breaker allows; others see it open meanwhile. */
  beginProbe(): boolean
  succeeded(): void
  failed(error: ProviderError, options: { wasProbe: boolean }): void
  /** Ends the rest at once, for an operator who says "try now". */
  endRest(): void
}

/**
 * A circuit breaker for one provider. It opens after eight failed tries in a row, or at once when the provider asks
 * for more patience than `patienceMs` by `Retry-After`. It rests for 10 s, doubling with each failed probe up to a
 * minute, or for as long as it was asked.
 */
export function createBreaker(options: { now: () => number; patienceMs: number }): Breaker {
  const { now, patienceMs } = options
  let failuresInARow = 0
  let rests = 0
  let restsUntil: number | undefined

  function state(): BreakerState {
    if (restsUntil === undefined) return 'closed'
    return now() < restsUntil ? 'open' : 'half_open'
  }

  return {
    state,

    beginProbe() {
      if (state() !== 'half_open') return false
      // A probe that never reports back only costs another rest.
      restsUntil = now() + LONGEST_REST_MS
      return true
    },

    succeeded() {
      failuresInARow = 0
      rests = 0
      restsUntil = undefined
    },

    failed(error, { wasProbe }) {
      failuresInARow += 1
      const askedMs = error.retryAfterMs ?? 0
      const isNews = restsUntil === undefined && failuresInARow >= FAILURES_TO_OPEN
      if (!wasProbe && !isNews && askedMs <= patienceMs) return
      const restMs = Math.min(FIRST_REST_MS * 2 ** rests, LONGEST_REST_MS)
      rests += 1
      restsUntil = now() + Math.max(askedMs, restMs)
    },

    endRest() {
      if (restsUntil !== undefined) restsUntil = Math.min(restsUntil, now())
    },
  }
}
