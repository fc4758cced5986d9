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
  /** It has taken a clip. */
  succeeded(): void
  /** It answers questions again, which proves no upload: the next failure opens the breaker again. */
  answered(): void
  failed(error: ProviderError, options: { wasProbe: boolean }): void
  /** Ends the rest at once, for an operator who says "try now". */
  endRest(): void
}

/** A stretch of time by a clock that may be set: one that was set back behind the beginning ends it. */
interface Stretch {
  from: number
  until: number
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
  let rest: Stretch | undefined
  let probe: Stretch | undefined

  const stretch = (ms: number): Stretch => ({ from: now(), until: now() + ms })
  const lasts = (time: Stretch | undefined) => time !== undefined && now() >= time.from && now() < time.until

  function state(): BreakerState {
    if (rest === undefined) return 'closed'
    return lasts(rest) || lasts(probe) ? 'open' : 'half_open'
  }

  function close() {
    rest = undefined
    probe = undefined
  }

  return {
    state,

    beginProbe() {
      if (state() !== 'half_open') return false
      // One that never reports back only costs another rest.
      probe = stretch(LONGEST_REST_MS)
      return true
    },

    succeeded() {
      failuresInARow = 0
      rests = 0
      close()
    },

    answered() {
      if (rest === undefined) return
      failuresInARow = FAILURES_TO_OPEN - 1
      close()
    },

    failed(error, { wasProbe }) {
      failuresInARow += 1
      if (wasProbe) probe = undefined
      const askedMs = error.retryAfterMs ?? 0
      const isNews = rest === undefined && failuresInARow >= FAILURES_TO_OPEN
      if (!wasProbe && !isNews && askedMs <= patienceMs) return
      const restMs = Math.min(FIRST_REST_MS * 2 ** rests, LONGEST_REST_MS)
      rests += 1
      rest = stretch(Math.max(askedMs, restMs))
    },

    endRest() {
      if (rest) rest = { ...rest, until: now() }
    },
  }
}
