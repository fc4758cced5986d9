import type { Replication } from '#lib/catalog/replications.ts'
import type { Pin } from '#lib/catalog/schema.ts'
import type { Services } from '#lib/context.ts'
import { packCar } from '#lib/ipfs/blocks/car.ts'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { type Clip, fileNameOf } from '#lib/model/clip.ts'
import { exponentialBackoff } from '#lib/platform/backoff.ts'
import { describeError } from '#lib/platform/errors.ts'
import { LeaseLostError, leasedLog } from './attempt-log.ts'
import { findContent } from './find-content.ts'
import { leaseMs } from './lease.ts'

export interface ReplicateResult {
  /** Replicas that were made. */
  added: number
  /** Clips that still want more than they have, after a try that failed. */
  failed: number
}

/** How many providers are to hold a clip: `IPFS_REPLICAS`, or as many as there are. */
export function wantedReplicas({ config, chain }: Services): number {
  return Math.min(config.ipfs.replicas, chain.providers.length)
}

/**
 * Brings stored clips to further providers until `IPFS_REPLICAS` hold them, each by its own schedule. Works under
 * leases: any number of calls may run at once.
 *
 * @throws CatalogError when the catalog fails; what was claimed is taken up again when its lease has run out
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
      // It is somebody else's now.
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
  const { catalog, chain, clock, log } = services
  const clip = await catalog.clips.find(clipId)
  const known = await catalog.pins.ofClip(clipId)
  const pins = known.filter(({ lostAt }) => lostAt === null)
  // They may say that they hold it, and do not deliver it.
  const losers = known.filter(({ lostAt }) => lostAt !== null).map(({ provider }) => provider)
  const missing = wantedReplicas(services) - pins.length
  if (clip?.cid && missing > 0) {
    const content = await contentOf(services, clip)
    for (let added = 0; added < missing; added += 1) {
      const stored = await chain.upload(content, {
        priority: 'background',
        attemptLog: leasedLog(services, clipId, 'replica', catalog.replications.renew),
        ambiguous: (await catalog.attempts.ambiguousProviders(clipId)).filter(
          (name) => !losers.includes(name),
        ),
        heldBy: pins.map(({ provider }) => provider),
        signal,
      })
      const pin: Pick<Pin, 'clipId' | 'provider' | 'cid' | 'pinnedAt'> = {
        clipId,
        provider: stored.provider,
        cid: stored.ipfsHash,
        pinnedAt: clock.now(),
      }
      await catalog.pins.add(pin)
      pins.push({ ...pin, checkedAt: null, provenAt: null, lostAt: null })
      log.info({ clipId, cid: stored.ipfsHash, provider: stored.provider }, 'A replica was made')
    }
  }
  await catalog.replications.done(clipId)
  return Math.max(0, missing)
}

/** The clip's bytes from wherever they are, packed and checked. */
export async function contentOf(services: Services, clip: Clip): Promise<IpfsContent> {
  const cid = clip.cid as string
  const file =
    (clip.hasLocalBytes && (await services.store.blob(clip.id))) || (await fetchedFile(services, cid))
  const packed = await packCar(file)
  if (packed.cid !== cid)
    throw new Error(`Its bytes have changed: they are ${packed.cid} and should be ${cid}`)
  return { ...packed, file, fileName: fileNameOf(clip) }
}

async function fetchedFile(services: Services, cid: string): Promise<Blob> {
  const content = await findContent(services, cid)
  if (!content) throw new Error('Nobody has its bytes')
  return (await content.open()).file()
}

async function postpone(services: Services, { clipId, failedRounds }: Replication, cause: unknown) {
  const { catalog, clock, log, scrub } = services
  const error = scrub(describeError(cause))
  const nextAttemptAt = clock.now() + exponentialBackoff(failedRounds + 1, () => clock.random())
  await catalog.replications.postpone(clipId, { error, nextAttemptAt, hasFailed: true })
  log.warn({ clipId, error }, 'A clip has fewer replicas than it should; it is tried again')
}
