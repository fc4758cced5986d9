import type { ProviderError } from '#lib/model/errors.ts'

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

/** What others need to know of a breaker to follow it. All durations count from now: their clocks may differ. */
export interface BreakerSnapshot {
  failuresInARow: number
  /** How many rests there were in a row. */
  rests: number
  /** What is left of the rest, in milliseconds; `null` while it is closed. */
  restMs: number | null
  /** What is left of a probe that is under way; `null` where none is. */
  probeMs: number | null
}

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
  snapshot(): BreakerSnapshot
  /** Takes over what another instance has found out. That is no change of its own. */
  adopt(snapshot: BreakerSnapshot): void
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
 *
 * `onChange` is told of all that others should know: that it opened, closed, is being probed, or has to rest no longer.
 */
export function createBreaker(options: {
  now: () => number
  patienceMs: number
  onChange?: () => void
}): Breaker {
  const { now, patienceMs, onChange = () => {} } = options
  let failuresInARow = 0
  let rests = 0
  let rest: Stretch | undefined
  let probe: Stretch | undefined

  const stretch = (ms: number): Stretch => ({ from: now(), until: now() + ms })
  const lasts = (time: Stretch | undefined) => time !== undefined && now() >= time.from && now() < time.until
  const leftOf = (time: Stretch | undefined) => (time && lasts(time) ? time.until - now() : 0)

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
      onChange()
      return true
    },

    succeeded() {
      const isNews = rest !== undefined || rests > 0
      failuresInARow = 0
      rests = 0
      close()
      if (isNews) onChange()
    },

    answered() {
      if (rest === undefined) return
      failuresInARow = FAILURES_TO_OPEN - 1
      close()
      onChange()
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
      onChange()
    },

    endRest() {
      const isNews = lasts(rest)
      if (rest) rest = { ...rest, until: now() }
      if (isNews) onChange()
    },

    snapshot: () => ({
      failuresInARow,
      rests,
      restMs: rest ? leftOf(rest) : null,
      probeMs: probe ? leftOf(probe) : null,
    }),

    adopt(snapshot) {
      failuresInARow = snapshot.failuresInARow
      rests = snapshot.rests
      rest = snapshot.restMs === null ? undefined : stretch(snapshot.restMs)
      probe = snapshot.probeMs === null ? undefined : stretch(snapshot.probeMs)
    },
  }
}
