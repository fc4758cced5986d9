import type { Sample } from '#lib/catalog/schema.ts'
import type { AttemptCount, Span, TimeToIpfs } from '#lib/catalog/stats.ts'
import type { Services } from '#lib/context.ts'
import type { BreakerState } from '#lib/platform/breaker.ts'
import { DAY_MS, HOUR_MS } from '#lib/platform/units.ts'
import { type Attention, readAttention } from './attention.ts'
import { readSpeechStats, type SpeechStats } from './speech-stats.ts'
import { summarizeTimes, type TimeSummary } from './time-summary.ts'

const STEPS = 48
/** The ranges of time that can be shown, in milliseconds. */
export const ranges = { '1h': HOUR_MS, '24h': DAY_MS, '7d': 7 * DAY_MS, '30d': 30 * DAY_MS }
export type Range = keyof typeof ranges

export interface ProviderStats {
  provider: string
  /** Absent where the provider is no longer configured. */
  breaker?: BreakerState
  /** What the process that answers has learned of how the provider is used. */
  note?: string
  storedTries: number
  failedTries: number
  timeToIpfs?: TimeSummary
}

/** Everything that the dashboard shows of a range of time. Times are milliseconds since the epoch. */
export interface Stats {
  at: number
  range: Range
  from: number
  stepMs: number
  /** What needs the operator now, what is worst first. */
  attention: Attention[]
  /** The clips that were spoken in the range, by their state now. */
  clips: { spoken: number; stored: number; waiting: number; expired: number }
  /** Attempts that no caller waited for. */
  background: { stored: number; failed: number }
  timeToIpfs?: TimeSummary
  /** Characters that were spoken, saved by clips that existed, and lost while they were spoken; since the first start. */
  characters: { spoken: number; saved: number; lost: number }
  /** What the temporary store holds now. */
  temporary: { clips: number; bytes: number; maxBytes: number; waiting: number }
  /** Stored clips now that no provider is known to deliver, and those of them whose bytes are nowhere. */
  undelivered: { unproven: number; lost: number }
  providers: ProviderStats[]
  speech: SpeechStats
  series: {
    tries: AttemptCount[]
    timesToIpfs: ({ step: number; provider: string } & TimeSummary)[]
    samples: Sample[]
  }
}

/** Reads what the dashboard shows of the last `range` from the catalog. @throws CatalogError */
export async function readStats(services: Services, range: Range): Promise<Stats> {
  const { catalog, chain, clock, config } = services
  const { stats } = catalog
  const at = clock.now()
  const stepMs = ranges[range] / STEPS
  // Whole steps, so that what is over stays in the same step at each call.
  const to = (Math.floor(at / stepMs) + 1) * stepMs
  const span: Span = { from: to - ranges[range], to, stepMs }

  const attempts = await stats.attempts(span)
  const times = await stats.timesToIpfs(span)
  const states = await stats.states(span)
  const samples = thinned(await stats.samples(span), span)
  const totals = await catalog.totals()
  const counters = await catalog.counters.read()
  const speech = await readSpeechStats(catalog.speechAttempts, services.speech.states(), span)

  const { stored, expired, waiting } = states
  const background = attempts.filter(({ isBackground }) => isBackground)
  const timeToIpfs = summarizeTimes(times)
  const undelivered = await catalog.pins.countUnproven()
  return {
    at,
    range,
    from: span.from,
    stepMs,
    attention: await readAttention(services, {
      now: at,
      totals,
      undelivered,
      speechFailures: speech.failures,
    }),
    clips: { spoken: stored + expired + waiting, stored, waiting, expired },
    background: sumOf(background),
    ...(timeToIpfs && { timeToIpfs }),
    characters: {
      spoken: counters.characters_spoken?.[''] ?? 0,
      saved: counters.characters_saved?.[''] ?? 0,
      lost: Object.values(counters.characters_lost ?? {}).reduce((sum, value) => sum + value, 0),
    },
    temporary: {
      clips: totals.heldClips,
      bytes: totals.heldBytes,
      maxBytes: config.tempAudio.maxBytes,
      waiting: totals.waitingClips,
    },
    undelivered,
    providers: providersOf(chain.breakers(), attempts, times),
    speech,
    series: { tries: attempts, timesToIpfs: timesByStep(times), samples },
  }
}

function providersOf(
  breakers: ReturnType<Services['chain']['breakers']>,
  attempts: AttemptCount[],
  times: TimeToIpfs[],
): ProviderStats[] {
  const names = new Set([...breakers, ...attempts].map(({ provider }) => provider))
  return [...names].map((provider) => {
    const configured = breakers.find((candidate) => candidate.provider === provider)
    const { stored, failed } = sumOf(attempts.filter((count) => count.provider === provider))
    const timeToIpfs = summarizeTimes(times.filter((time) => time.provider === provider))
    return {
      provider,
      ...(configured && { breaker: configured.state }),
      ...(configured?.note && { note: configured.note }),
      storedTries: stored,
      failedTries: failed,
      ...(timeToIpfs && { timeToIpfs }),
    }
  })
}

function sumOf(counts: AttemptCount[]) {
  const sum = (key: 'stored' | 'failed') => counts.reduce((total, count) => total + count[key], 0)
  return { stored: sum('stored'), failed: sum('failed') }
}

function timesByStep(times: TimeToIpfs[]) {
  const groups = Map.groupBy(times, ({ step, provider }) => `${step} ${provider}`)
  return [...groups.values()].flatMap((group) => {
    const summary = summarizeTimes(group)
    return summary && group[0] ? [{ step: group[0].step, provider: group[0].provider, ...summary }] : []
  })
}

/** The fullest sample of each step. */
function thinned(samples: Sample[], { from, stepMs }: Span): Sample[] {
  const steps = Map.groupBy(samples, ({ takenAt }) => Math.floor((takenAt - from) / stepMs))
  return [...steps.values()].map((group) => group.reduce((a, b) => (b.heldBytes > a.heldBytes ? b : a)))
}
