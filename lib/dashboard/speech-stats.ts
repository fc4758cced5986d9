import type { FirstByteTime, SpeechAttempts, SpeechCount } from '#lib/catalog/speech-attempts.ts'
import type { Span } from '#lib/catalog/stats.ts'
import type { BreakerState } from '#lib/platform/breaker.ts'
import type { VendorState } from '#lib/speech/speech.ts'
import { summarizeTimes, type TimeSummary } from './time-summary.ts'

const FAILURES_SHOWN = 10
/** Outcomes that are no fault of the vendor. */
const faultless = ['spoken', 'refused', 'cancelled']

/** One speech vendor in a range of time. */
export interface VendorStats {
  vendor: string
  /** Absent where it is no longer configured. */
  breaker?: BreakerState
  note?: string
  spoken: number
  failed: number
  characters: number
  firstByte?: TimeSummary
}

export interface SpeechFailure {
  vendor: string
  at: number
  outcome: string
  error: string
  clipId?: string
}

/** What the dashboard shows of speech. */
export interface SpeechStats {
  vendors: VendorStats[]
  failures: SpeechFailure[]
}

/** Reads it from the catalog. @throws CatalogError */
export async function readSpeechStats(
  speechAttempts: SpeechAttempts,
  states: readonly VendorState[],
  span: Span,
): Promise<SpeechStats> {
  const counts = await speechAttempts.counts(span)
  const times = await speechAttempts.firstByteTimes(span)
  const failures = await speechAttempts.latestFailures({ from: span.from, limit: FAILURES_SHOWN })
  const names = new Set([...states, ...counts].map(({ vendor }) => vendor))
  return {
    vendors: [...names].map((vendor) => vendorStats(vendor, states, counts, times)),
    failures: failures.map(({ vendor, startedAt, outcome, error, clipId }) => ({
      vendor,
      at: startedAt,
      outcome,
      error: error ?? '',
      ...(clipId !== null && { clipId }),
    })),
  }
}

function vendorStats(
  vendor: string,
  states: readonly VendorState[],
  counts: readonly SpeechCount[],
  times: readonly FirstByteTime[],
): VendorStats {
  const state = states.find((candidate) => candidate.vendor === vendor)
  const own = counts.filter((count) => count.vendor === vendor)
  const spoken = own.filter(({ outcome }) => outcome === 'spoken')
  const failed = own.filter(({ outcome }) => !faultless.includes(outcome))
  const firstByte = summarizeTimes(
    times.filter((time) => time.vendor === vendor).map(({ ms, attempts }) => ({ ms, clips: attempts })),
  )
  const sum = (of: readonly SpeechCount[], key: 'attempts' | 'characters') =>
    of.reduce((total, count) => total + count[key], 0)
  return {
    vendor,
    ...(state && { breaker: state.breaker }),
    ...(state?.note && { note: state.note }),
    spoken: sum(spoken, 'attempts'),
    failed: sum(failed, 'attempts'),
    characters: sum(spoken, 'characters'),
    ...(firstByte && { firstByte }),
  }
}
