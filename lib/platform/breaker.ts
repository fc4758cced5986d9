import { LONGEST_RETRY_AFTER_MS } from './http-date.ts'

/** Attempts that must fail in a row before the breaker opens: those of two clips with the default three retries. */
const FAILURES_TO_OPEN = 8
/** As how many failures an attempt counts that had no connection, or was overtaken: two of them open the breaker. */
const GRAVE = FAILURES_TO_OPEN / 2
const FIRST_COOL_DOWN_MS = 10_000
const LONGEST_COOL_DOWN_MS = 60_000

/**
 * - `closed`: the provider is healthy, every upload may use it
 * - `open`: it is failing, no upload uses it
 * - `half_open`: its cool-down is over; one background upload may probe it, interactive ones still skip it
 */
export type BreakerState = 'closed' | 'open' | 'half_open'

/** The state of a breaker, for other instances to adopt. All durations count from now, since their clocks may differ. */
export interface BreakerSnapshot {
  failuresInARow: number
  /** How many cool-downs there have been in a row. */
  coolDowns: number
  /** What is left of the cool-down, in milliseconds; `null` while the breaker is closed. */
  coolDownMs: number | null
  /** What is left of the time that a running probe has, in milliseconds; `null` where none is running. */
  probeMs: number | null
  /** For how long answered lookups still prove nothing, in milliseconds; `null` where the provider is no suspect. */
  suspicionMs: number | null
}

/** A failed attempt. `isUnreachable`: it had no connection, or was retried in vain already. */
interface Failure {
  isUnreachable: boolean
  /** For how long the provider asked to be left alone. */
  retryAfterMs?: number | undefined
}

/** Remembers whether a provider is worth trying. */
export interface Breaker {
  state(): BreakerState
  /** Claims the one probe that a half-open breaker allows; until it ends, others see the breaker open. */
  beginProbe(): boolean
  /** The provider has stored a clip. */
  succeeded(): void
  /** The provider has answered a lookup. That does not prove that uploads work: the next failure opens the breaker again. */
  answered(): void
  failed(error: Failure, options: { wasProbe: boolean }): void
  /** An attempt was slow, and another provider has stored the clip meanwhile. It may still succeed. */
  overtaken(): void
  /**
   * A caller has waited in vain for an attempt that is late. It may still succeed; until an upload does, the provider is
   * only probed. Does nothing while the breaker is not closed.
   */
  suspect(): void
  /** Ends the cool-down at once, for an operator who wants the provider tried now. */
  resetCoolDown(): void
  snapshot(): BreakerSnapshot
  /** Takes over the state of another instance's breaker. Does not call `onChange`. */
  adopt(snapshot: BreakerSnapshot): void
}

/** A span of time by a clock that may be changed: setting it back to before `from` ends the period as well. */
interface Period {
  from: number
  until: number
}

/**
 * A circuit breaker for one provider. It opens after eight failed attempts in a row, after two where there was no
 * connection or another provider was faster, or at once when the provider asks by `Retry-After` for a longer wait than
 * `maxRetryAfterMs`. The cool-down lasts 10 s and doubles with each failed probe up to a minute, or lasts as long as the
 * provider asked, five minutes at most. It is half-open at once where a caller has waited in vain, and for the next minute
 * only an upload closes it.
 *
 * `onChange` is called after each change that other instances should adopt: the breaker opened or closed, a probe began,
 * the cool-down was reset.
 */
export function createBreaker(options: {
  now: () => number
  maxRetryAfterMs: number
  onChange?: () => void
}): Breaker {
  const { now, maxRetryAfterMs, onChange = () => {} } = options
  let failuresInARow = 0
  let coolDowns = 0
  let coolDown: Period | undefined
  let probe: Period | undefined
  let suspicion: Period | undefined

  const periodOf = (ms: number): Period => ({ from: now(), until: now() + ms })
  const isRunning = (period: Period | undefined) =>
    period !== undefined && now() >= period.from && now() < period.until
  const remainingMs = (period: Period) => (isRunning(period) ? period.until - now() : 0)

  function state(): BreakerState {
    if (coolDown === undefined) return 'closed'
    return isRunning(coolDown) || isRunning(probe) ? 'open' : 'half_open'
  }

  function open(askedMs = 0) {
    const coolDownMs = Math.min(FIRST_COOL_DOWN_MS * 2 ** coolDowns, LONGEST_COOL_DOWN_MS)
    coolDowns += 1
    coolDown = periodOf(Math.max(Math.min(askedMs, LONGEST_RETRY_AFTER_MS), coolDownMs))
    if (suspicion) suspicion = periodOf(LONGEST_COOL_DOWN_MS)
    onChange()
  }

  function close() {
    coolDown = undefined
    probe = undefined
    suspicion = undefined
  }

  return {
    state,

    beginProbe() {
      if (state() !== 'half_open') return false
      // A probe whose process dies costs no more than one more wait of this length.
      probe = periodOf(LONGEST_COOL_DOWN_MS)
      onChange()
      return true
    },

    succeeded() {
      const isChange = coolDown !== undefined || coolDowns > 0
      failuresInARow = 0
      coolDowns = 0
      close()
      if (isChange) onChange()
    },

    answered() {
      if (coolDown === undefined) return
      failuresInARow = FAILURES_TO_OPEN - 1
      if (isRunning(suspicion)) probe = undefined
      else close()
      onChange()
    },

    failed(error, { wasProbe }) {
      failuresInARow += error.isUnreachable ? GRAVE : 1
      if (wasProbe) probe = undefined
      const askedMs = error.retryAfterMs ?? 0
      const opensNow = coolDown === undefined && failuresInARow >= FAILURES_TO_OPEN
      if (!wasProbe && !opensNow && askedMs <= maxRetryAfterMs) return
      open(askedMs)
    },

    overtaken() {
      failuresInARow += GRAVE
      if (coolDown === undefined && failuresInARow >= FAILURES_TO_OPEN) open()
    },

    suspect() {
      if (coolDown !== undefined) return
      coolDown = periodOf(0)
      suspicion = periodOf(LONGEST_COOL_DOWN_MS)
      onChange()
    },

    resetCoolDown() {
      const isChange = isRunning(coolDown)
      if (coolDown) coolDown = { ...coolDown, until: now() }
      if (isChange) onChange()
    },

    snapshot: () => ({
      failuresInARow,
      coolDowns,
      coolDownMs: coolDown ? remainingMs(coolDown) : null,
      probeMs: probe ? remainingMs(probe) : null,
      suspicionMs: suspicion ? remainingMs(suspicion) : null,
    }),

    adopt(snapshot) {
      failuresInARow = snapshot.failuresInARow
      coolDowns = snapshot.coolDowns
      coolDown =
        snapshot.coolDownMs === null
          ? undefined
          : periodOf(Math.min(snapshot.coolDownMs, LONGEST_RETRY_AFTER_MS))
      probe = snapshot.probeMs === null ? undefined : periodOf(snapshot.probeMs)
      suspicion = snapshot.suspicionMs === null ? undefined : periodOf(snapshot.suspicionMs)
    },
  }
}
