import type { Services } from '#lib/context.ts'
import type { BreakerState } from '#lib/platform/breaker.ts'
import { HOUR_MS, MEBIBYTE } from '#lib/platform/units.ts'

/** Enough to see that they are many. */
const COUNTED = 1000
/** A disk with less than this left is short of space. */
const LOW_DISK_BYTES = 512 * MEBIBYTE
/** From this share of the byte budget on it is short, and from the second one on used up, as far as nothing can be deleted. */
const SHORT_SHARE = 0.8
const USED_UP_SHARE = 0.95
/** Clips that end sooner are lost unless somebody does something now. */
const ENDING_SOON_SHARE = 1 / 4

/** Why a provider or a vendor fails, as it was found last. */
interface LastFailure {
  at: number
  error: string
  statusCode?: number
}

/**
 * Something that needs the operator. `critical`: something is lost, or will be, or callers are refused. Times are
 * milliseconds since the epoch. `isMore`: there are more clips than that.
 */
export type Attention = { severity: 'critical' | 'warning' } & (
  | { kind: 'no_provider' | 'no_provider_works' | 'no_voice_works' | 'disk_full' | 'disk_low' | 'redis_away' }
  | { kind: 'provider_failing'; provider: string; breaker: BreakerState; failure?: LastFailure }
  | { kind: 'provider_note'; provider: string; note: string }
  | { kind: 'voice_failing'; vendor: string; breaker: BreakerState; note?: string; failure?: LastFailure }
  | { kind: 'clips_ending'; clips: number; isMore: boolean; firstAt: number }
  | { kind: 'clips_lost'; clips: number }
  | { kind: 'clips_unproven'; clips: number; isMore: boolean }
  | { kind: 'budget_low' | 'budget_used_up'; heldBytes: number; maxBytes: number }
)

/** What is read of the service anyway, to be judged here. */
export interface Readings {
  now: number
  totals: { heldClips: number; heldBytes: number; waitingClips: number }
  undelivered: { unproven: number; lost: number }
  speechFailures: readonly { vendor: string; at: number; error: string }[]
}

/**
 * Everything that needs the operator now, what is worst first; nothing where all is well. It costs the same however many
 * clips there are.
 *
 * @throws CatalogError
 */
export async function readAttention(services: Services, readings: Readings): Promise<Attention[]> {
  const found = [
    ...lostClips(readings),
    ...(await endingClips(services, readings)),
    ...voices(services, readings),
    ...(await providers(services, readings)),
    ...(await space(services, readings)),
    ...(await unprovenClips(services, readings)),
    ...redis(services),
  ]
  return found.toSorted((a, b) => Number(b.severity === 'critical') - Number(a.severity === 'critical'))
}

function lostClips({ undelivered: { lost } }: Readings): Attention[] {
  return lost > 0 ? [{ kind: 'clips_lost', severity: 'critical', clips: lost }] : []
}

/** Clips that wait while a provider works are on their way: only what nobody takes will be lost. */
async function endingClips({ catalog, chain, config }: Services, { now }: Readings): Promise<Attention[]> {
  const { keepPending, ttlMs } = config.tempAudio
  if (keepPending) return []
  const { clips, firstAt } = await catalog.attention.ending(COUNTED + 1)
  if (firstAt === undefined) return []
  const isSoon = firstAt - now < ttlMs * ENDING_SOON_SHARE
  if (!isSoon && chain.canTry('interactive')) return []
  return [
    {
      kind: 'clips_ending',
      severity: isSoon ? 'critical' : 'warning',
      clips: Math.min(clips, COUNTED),
      isMore: clips > COUNTED,
      firstAt,
    },
  ]
}

async function unprovenClips({ catalog }: Services, { now, undelivered }: Readings): Promise<Attention[]> {
  if (undelivered.unproven === 0) return []
  const clips = await catalog.attention.countOverdueProofs(now, COUNTED + 1)
  if (clips === 0) return []
  return [
    {
      kind: 'clips_unproven',
      severity: 'warning',
      clips: Math.min(clips, COUNTED),
      isMore: clips > COUNTED,
    },
  ]
}

function voices({ speech }: Services, { speechFailures }: Readings): Attention[] {
  const states = speech.states()
  const failing = states.filter(({ breaker, note }) => breaker !== 'closed' || note !== undefined)
  const nobodySpeaks = states.length > 0 && states.every(({ breaker }) => breaker !== 'closed')
  return [
    ...(nobodySpeaks ? [{ kind: 'no_voice_works', severity: 'critical' } as const] : []),
    ...failing.map(({ vendor, breaker, note }) => {
      const last = speechFailures.find((failure) => failure.vendor === vendor)
      return {
        kind: 'voice_failing',
        severity: 'warning',
        vendor,
        breaker,
        ...(note !== undefined && { note }),
        ...(last && { failure: { at: last.at, error: last.error } }),
      } as const
    }),
  ]
}

async function providers({ catalog, chain }: Services, { now }: Readings): Promise<Attention[]> {
  const breakers = chain.breakers()
  if (breakers.length === 0) return [{ kind: 'no_provider', severity: 'critical' }]
  const found: Attention[] = []
  if (!chain.canTry('interactive')) found.push({ kind: 'no_provider_works', severity: 'critical' })
  for (const { provider, state, note } of breakers) {
    if (state !== 'closed') {
      const last = await catalog.attention.latestFailure(provider, now - HOUR_MS)
      const failure = last && {
        at: last.startedAt,
        error: last.error ?? '',
        ...(last.statusCode !== null && { statusCode: last.statusCode }),
      }
      const about = { provider, breaker: state, ...(failure && { failure }) }
      found.push({ kind: 'provider_failing', severity: 'warning', ...about })
    }
    if (note !== undefined) found.push({ kind: 'provider_note', severity: 'warning', provider, note })
  }
  return found
}

async function space({ config, diskSpace }: Services, readings: Readings): Promise<Attention[]> {
  const { heldBytes } = readings.totals
  const { maxBytes } = config.tempAudio
  const found: Attention[] = []
  const budgetLeftBytes = Math.max(0, maxBytes - heldBytes)
  if (!(await diskSpace.hasSpace(0))) found.push({ kind: 'disk_full', severity: 'critical' })
  else if (!(await diskSpace.hasSpace(Math.min(LOW_DISK_BYTES, budgetLeftBytes)))) {
    found.push({ kind: 'disk_low', severity: 'warning' })
  }
  const share = fixedBytes(readings) / maxBytes
  const about = { heldBytes, maxBytes }
  if (share >= USED_UP_SHARE) found.push({ kind: 'budget_used_up', severity: 'critical', ...about })
  else if (share >= SHORT_SHARE) found.push({ kind: 'budget_low', severity: 'warning', ...about })
  return found
}

/** About how many bytes cannot be deleted now, since no provider delivers them: as if all clips had the same size. */
function fixedBytes({ totals: { heldClips, heldBytes, waitingClips }, undelivered }: Readings): number {
  if (heldClips === 0) return 0
  return heldBytes * Math.min(1, (waitingClips + undelivered.unproven) / heldClips)
}

function redis({ redis }: Services): Attention[] {
  return redis?.isAway() ? [{ kind: 'redis_away', severity: 'warning' }] : []
}
