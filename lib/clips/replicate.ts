import type { Replication } from '#lib/catalog/replications.ts'
import type { Services } from '#lib/context.ts'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import type { ChainResult } from '#lib/ipfs/chain/chain.ts'
import { ChainError } from '#lib/ipfs/chain/errors.ts'
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
  const { catalog } = services
  const clip = await catalog.clips.find(clipId)
  const known = await catalog.pins.ofClip(clipId)
  const heldBy = known.filter(({ lostAt }) => lostAt === null).map(({ provider }) => provider)
  const passedOver = known.filter(({ lostAt }) => lostAt !== null).map(({ provider }) => provider)
  const missing = wantedReplicas(services) - heldBy.length
  if (clip?.cid && clip.state === 'stored' && missing > 0) {
    const content = await contentOf(services, clip)
    while (heldBy.length < wantedReplicas(services)) {
      const replica = { clipId, content, heldBy, passedOver, signal }
      const { late, ...first } = await uploadReplica(services, replica)
      const holders = [first, ...((await late) ?? [])]
      await recordReplicas(services, clip, holders)
      heldBy.push(...holders.map(({ provider }) => provider))
    }
  }
  await catalog.replications.done(clipId)
  return Math.max(0, missing)
}

interface Replica {
  clipId: string
  content: IpfsContent
  heldBy: readonly string[]
  /** Those that took the clip and did not deliver it: they are asked again once nobody else is left, and sent the plain file. */
  passedOver: readonly string[]
  signal: AbortSignal
}

async function uploadReplica(
  services: Services,
  { clipId, content, heldBy, passedOver, signal }: Replica,
): Promise<ChainResult> {
  const { catalog, chain } = services
  const options = {
    priority: 'background',
    attemptLog: leasedLog(services, clipId, 'replica', catalog.replications.renew),
    // The answer of those that were passed over proves nothing: they do not deliver what they hold.
    ambiguous: (await catalog.attempts.ambiguousProviders(clipId)).filter(
      (name) => !passedOver.includes(name),
    ),
    heldBy,
    signal,
  } as const
  return chain.upload(content, { ...options, passedOver }).catch((error: unknown) => {
    const isNobodyLeft = ChainError.isInstance(error) && error.failures.length === 0
    if (!isNobodyLeft || passedOver.length === 0) throw error
    return chain.upload(content, { ...options, asFile: passedOver })
  })
}

async function postpone(services: Services, { clipId, failedRounds }: Replication, cause: unknown) {
  const { catalog, clock, log, scrub } = services
  const error = scrub(describeError(cause))
  const nextAttemptAt = clock.now() + exponentialBackoff(failedRounds + 1, () => clock.random())
  await catalog.replications.postpone(clipId, { error, nextAttemptAt, hasFailed: true })
  log.warn({ clipId, error }, 'A clip has too few replicas; it will be tried again')
}
