import type { Replication } from '#lib/catalog/replications.ts'
import type { Services } from '#lib/context.ts'
import { exponentialBackoff } from '#lib/platform/backoff.ts'
import { describeError } from '#lib/platform/errors.ts'
import { LeaseLostError, leasedLog } from './attempt-log.ts'
import { contentOf } from './clip-content.ts'
import { leaseMs } from './lease.ts'
import { recordReplicas } from './record-replicas.ts'
import { wantedReplicas } from './wanted-replicas.ts'

export interface ReplicateResult {
  /** Replicas that were added. */
  added: number
  /** Clips that still have too few replicas, after an attempt that failed. */
  failed: number
}

/**
 * Uploads stored clips to further providers until `IPFS_REPLICAS` hold them; each clip has its own retry schedule. Works
 * under leases: any number of calls may run at once.
 *
 * @throws CatalogError when the catalog fails; what was claimed can be claimed again once its lease has run out
 */
export async function replicate(
  services: Services,
  options: { limit: number; signal: AbortSignal; dueOnly: boolean },
): Promise<ReplicateResult> {
  const { catalog, clock, leaseOwner: owner } = services
  const result = { added: 0, failed: 0 }
  const roundStartedAt = clock.now()
  for (let count = 0; count < options.limit && !options.signal.aborted; count += 1) {
    const now = options.dueOnly ? clock.now() : roundStartedAt
    const lease = { owner, expiresAt: clock.now() + leaseMs(services) }
    const replication = await catalog.replications.claim({ now, lease, dueOnly: options.dueOnly })
    if (!replication) break
    try {
      result.added += await replicateClip(services, replication, options.signal)
    } catch (error) {
      // Another process has claimed it.
      if (LeaseLostError.isInstance(error)) continue
      if (options.signal.aborted) {
        const nextAttemptAt = clock.now()
        await catalog.replications.postpone(replication.clipId, {
          error: null,
          nextAttemptAt,
          hasFailed: false,
        })
        break
      }
      result.failed += 1
      await postpone(services, replication, error)
    }
  }
  return result
}

async function replicateClip(
  services: Services,
  { clipId }: Replication,
  signal: AbortSignal,
): Promise<number> {
  const { catalog, chain } = services
  const clip = await catalog.clips.find(clipId)
  const known = await catalog.pins.ofClip(clipId)
  const pins = known.filter(({ lostAt }) => lostAt === null)
  // An answer that they hold it proves nothing: they do not deliver it.
  const losers = known.filter(({ lostAt }) => lostAt !== null).map(({ provider }) => provider)
  const heldBy = pins.map(({ provider }) => provider)
  const missing = wantedReplicas(services) - pins.length
  if (clip?.cid && missing > 0) {
    const content = await contentOf(services, clip)
    while (heldBy.length < wantedReplicas(services)) {
      const { late, ...first } = await chain.upload(content, {
        priority: 'background',
        attemptLog: leasedLog(services, clipId, 'replica', catalog.replications.renew),
        ambiguous: (await catalog.attempts.ambiguousProviders(clipId)).filter(
          (name) => !losers.includes(name),
        ),
        heldBy,
        signal,
      })
      const holders = [first, ...((await late) ?? [])]
      await recordReplicas(services, clipId, holders)
      heldBy.push(...holders.map(({ provider }) => provider))
    }
  }
  await catalog.replications.done(clipId)
  return Math.max(0, missing)
}

async function postpone(services: Services, { clipId, failedRounds }: Replication, cause: unknown) {
  const { catalog, clock, log, scrub } = services
  const error = scrub(describeError(cause))
  const nextAttemptAt = clock.now() + exponentialBackoff(failedRounds + 1, () => clock.random())
  await catalog.replications.postpone(clipId, { error, nextAttemptAt, hasFailed: true })
  log.warn({ clipId, error }, 'A clip has too few replicas; it will be tried again')
}
