import type { Trigger } from '#lib/catalog/attempts.ts'
import type { Services } from '#lib/context.ts'
import type { Clip } from '#lib/model/clip.ts'
import { leaseMs } from './lease.ts'
import { isProviderFault } from './provider-fault.ts'
import { type UploadOutcome, uploadClip } from './upload-clip.ts'

/** How many clips are under way for each slot at a provider: while one is sent, the next is read, and the last recorded. */
const CLIPS_PER_SLOT = 1.5

export interface PendingOptions {
  /** At most this many clips. */
  limit: number
  trigger: Trigger
  /** Ends the round early; clips that are being uploaded then become pending again. */
  signal: AbortSignal
  /** Milliseconds since the epoch; by default the clock's. */
  now?: number
  /** Only clips whose next attempt is due. The call of an operator disregards that. */
  dueOnly: boolean
  /** Only clips that expire before this, in milliseconds since the epoch. */
  expiringBefore?: number
  /** Only this clip. */
  id?: string | undefined
}

export type SettledOutcome = Exclude<UploadOutcome, { status: 'untried' }>

export interface PendingResult {
  processed: number
  successCount: number
  failureCount: number
  results: SettledOutcome[]
  /** What ended the round before each clip was tried: its limit, its signal, or that no provider may be tried. */
  stoppedBy?: 'limit' | 'signal' | 'cooling_down'
}

/**
 * Uploads clips that wait for IPFS: claims some at a time under a lease, takes each through the provider chain, and records
 * each attempt. As many are under way as keep the slots at a provider busy (`IPFS_UPLOADS_PER_PROVIDER`). Every trigger
 * calls this verb; any number of calls may run at once, in any number of processes.
 *
 * While no provider may be tried, nothing is claimed; a probe of a provider that was down is made with one clip alone.
 *
 * @throws CatalogError when the catalog fails; what was claimed is released, or its lease runs out
 */
export async function uploadPending(services: Services, options: PendingOptions): Promise<PendingResult> {
  const { catalog, chain, clock, config } = services
  const { limit, trigger, signal } = options
  const atOnce = Math.ceil(CLIPS_PER_SLOT * config.ipfs.uploadsPerProvider)
  const roundStartedAt = options.now ?? clock.now()
  const results: SettledOutcome[] = []
  const failures: unknown[] = []
  const running = new Set<Promise<void>>()
  const claimed: Clip[] = []
  let stoppedBy: PendingResult['stoppedBy']
  const fail = (error: unknown) => {
    failures.push(error)
  }

  for (let started = 0; failures.length === 0; ) {
    if (signal.aborted || started >= limit) {
      stoppedBy = signal.aborted ? 'signal' : 'limit'
      break
    }
    const canTry = chain.canTry('background')
    if (running.size > 0 && (!canTry || running.size >= atOnce)) {
      await Promise.race(running)
      continue
    }
    if (canTry && claimed.length === 0) {
      const wanted = chain.canTry('interactive') ? Math.min(atOnce, limit - started) : 1
      claimed.push(...((await claimSome(services, options, wanted, roundStartedAt).catch(fail)) ?? []))
    }
    const clip = canTry ? claimed.shift() : undefined
    if (!clip) {
      if (!canTry) stoppedBy = 'cooling_down'
      break
    }
    started += 1
    const upload = uploadClip(services, clip, { trigger, signal, priority: 'background' })
      .then((outcome) => {
        if (outcome.status !== 'untried') results.push(outcome)
      })
      .catch(fail)
      .finally(() => running.delete(upload))
    running.add(upload)
  }
  await giveBack(services, claimed)
  await Promise.all(running)
  if (failures.length > 0) throw failures[0]

  const successCount = results.filter((result) => result.status === 'success').length
  const failureCount = results.length - successCount
  if (results.length > 0) {
    await catalog.counters.add([
      { name: 'background_retries_stored', label: trigger, value: successCount },
      { name: 'background_retries_failed', label: trigger, value: failureCount },
    ])
  }
  return { processed: results.length, successCount, failureCount, results, ...(stoppedBy && { stoppedBy }) }
}

/** How many clips wait for IPFS and are not leased. @throws CatalogError */
export function countRemaining({ catalog, clock }: Pick<Services, 'catalog' | 'clock'>): Promise<number> {
  return catalog.queue.countWaiting(clock.now())
}

async function claimSome(
  services: Services,
  options: PendingOptions,
  limit: number,
  roundStartedAt: number,
): Promise<Clip[]> {
  const { catalog, clock, leaseOwner } = services
  const now = Math.max(clock.now(), roundStartedAt)
  return catalog.queue.claim({
    limit,
    now,
    lease: { owner: leaseOwner, expiresAt: now + leaseMs(services) },
    dueOnly: options.dueOnly,
    notTriedSince: roundStartedAt,
    ...(options.id !== undefined && { id: options.id }),
    ...(options.expiringBefore !== undefined && { expiringBefore: options.expiringBefore }),
  })
}

/** Releases what was claimed and not begun. Where the catalog fails, the leases run out. */
async function giveBack({ catalog, leaseOwner }: Services, clips: readonly Clip[]): Promise<void> {
  for (const { id } of clips) await catalog.queue.release(leaseOwner, id).catch(() => {})
}

/** Whether a round failed through the fault of a provider. */
export function failedByProvider(outcome: SettledOutcome): boolean {
  return outcome.status === 'failed' && isProviderFault(outcome.error)
}
