import type { ProviderError } from '#lib/model/errors.ts'

/** Tries that must fail in a row before a provider counts as sick: two clips with the default three retries. */
const FAILURES_TO_OPEN = 8
const FIRST_COOL_DOWN_MS = 10_000
const LONGEST_COOL_DOWN_MS = 60_000

/**
 * - `closed`: healthy, everyone may try
 * - `open`: sick, nobody tries
 * - `half_open`: rested; the background may probe it, callers still may not
 */
export type BreakerState = 'closed' | 'open' | 'half_open'

/** What others need to know of a breaker to follow it. All durations count from now: their clocks may differ. */
export interface BreakerSnapshot {
  failuresInARow: number
  /** How many coolDowns there were in a row. */
  coolDowns: number
  /** What is left of the coolDown, in milliseconds; `null` while it is closed. */
  coolDownMs: number | null
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
  /** Ends the coolDown at once, for an operator who says "try now". */
  resetCoolDown(): void
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
 * by `Retry-After` for a longer wait than `maxRetryAfterMs`. It cools down for 10 s, doubling with each failed probe up to a
 * minute, or for as long as it was asked.
 *
 * `onChange` is told of all that others should know: that it opened, closed, is being probed, or that its cool-down is over.
 */
export function createBreaker(options: {
  now: () => number
  maxRetryAfterMs: number
  onChange?: () => void
}): Breaker {
  const { now, maxRetryAfterMs, onChange = () => {} } = options
  let failuresInARow = 0
  let coolDowns = 0
  let coolDown: Stretch | undefined
  let probe: Stretch | undefined

  const stretch = (ms: number): Stretch => ({ from: now(), until: now() + ms })
  const lasts = (time: Stretch | undefined) => time !== undefined && now() >= time.from && now() < time.until
  const leftOf = (time: Stretch | undefined) => (time && lasts(time) ? time.until - now() : 0)

  function state(): BreakerState {
    if (coolDown === undefined) return 'closed'
    return lasts(coolDown) || lasts(probe) ? 'open' : 'half_open'
  }

  function close() {
    coolDown = undefined
    probe = undefined
  }

  return {
    state,

    beginProbe() {
      if (state() !== 'half_open') return false
      // One that never reports back only costs another cool-down.
      probe = stretch(LONGEST_COOL_DOWN_MS)
      onChange()
      return true
    },

    succeeded() {
      const isNews = coolDown !== undefined || coolDowns > 0
      failuresInARow = 0
      coolDowns = 0
      close()
      if (isNews) onChange()
    },

    answered() {
      if (coolDown === undefined) return
      failuresInARow = FAILURES_TO_OPEN - 1
      close()
      onChange()
    },

    failed(error, { wasProbe }) {
      failuresInARow += 1
      if (wasProbe) probe = undefined
      const askedMs = error.retryAfterMs ?? 0
      const isNews = coolDown === undefined && failuresInARow >= FAILURES_TO_OPEN
      if (!wasProbe && !isNews && askedMs <= maxRetryAfterMs) return
      const coolDownMs = Math.min(FIRST_COOL_DOWN_MS * 2 ** coolDowns, LONGEST_COOL_DOWN_MS)
      coolDowns += 1
      coolDown = stretch(Math.max(askedMs, coolDownMs))
      onChange()
    },

    resetCoolDown() {
      const isNews = lasts(coolDown)
      if (coolDown) coolDown = { ...coolDown, until: now() }
      if (isNews) onChange()
    },

    snapshot: () => ({
      failuresInARow,
      coolDowns,
      coolDownMs: coolDown ? leftOf(coolDown) : null,
      probeMs: probe ? leftOf(probe) : null,
    }),

    adopt(snapshot) {
      failuresInARow = snapshot.failuresInARow
      coolDowns = snapshot.coolDowns
      coolDown = snapshot.coolDownMs === null ? undefined : stretch(snapshot.coolDownMs)
      probe = snapshot.probeMs === null ? undefined : stretch(snapshot.probeMs)
    },
  }
}
