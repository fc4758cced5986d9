import type { DeletionRow, DeletionTarget } from '#lib/catalog/deletion-rows.ts'
import type { Services } from '#lib/context.ts'
import { LEGACY_CHUNK_BYTES, legacyCid } from '#lib/ipfs/blocks/car.ts'
import { attemptLimitMs } from '#lib/ipfs/chain/attempt-limit.ts'
import { NotTriedError } from '#lib/ipfs/chain/errors.ts'
import { EMBEDDED } from '#lib/ipfs/providers/embedded.ts'
import type { Clip } from '#lib/model/clip.ts'
import { ProviderError } from '#lib/model/errors.ts'
import { exponentialBackoff } from '#lib/platform/backoff.ts'
import { describeError } from '#lib/platform/errors.ts'
import { LeaseLostError } from './attempt-log.ts'
import { leaseMs } from './lease.ts'

/** How much longer than its limit an attempt may be under way. */
const LATE_MS = 5000
/** When it is looked after a clip that has appeared with the content that was being deleted: its pin is recorded by then. */
const LATECOMER_MS = 5000
/** Refusals that end once the operator has mended the account. */
const mendable = [401, 402, 403]

/**
 * Deletes what is left of clips that were deleted, one after the other: bytes, copies of our gateway, and pins at every
 * provider that can end them. What fails has a date, as uploads have. Works under leases: any number of calls may run at
 * once. Returns how many are done.
 *
 * @throws CatalogError when the catalog fails; what was claimed can be claimed again once its lease has run out
 */
export async function eraseDue(
  services: Services,
  { limit, signal, clipId }: { limit: number; signal: AbortSignal; clipId?: string },
): Promise<number> {
  const { catalog, clock, leaseOwner: owner } = services
  let done = 0
  for (let count = 0; count < limit && !signal.aborted; count += 1) {
    const now = clock.now()
    const lease = { owner, expiresAt: now + leaseMs(services) }
    const deletion = await catalog.deletions.claim({ now, lease, clipId })
    if (!deletion) break
    try {
      if (await eraseClip(services, deletion, signal)) done += 1
    } catch (error) {
      if (LeaseLostError.isInstance(error)) continue
      if (!signal.aborted) throw error
      await catalog.deletions.postpone(deletion.clipId, { error: null, nextAttemptAt: clock.now() })
    }
  }
  return done
}

/** One round. Returns whether nothing is left to do. @throws LeaseLostError, CatalogError, the signal's reason */
async function eraseClip(services: Services, deletion: DeletionRow, signal: AbortSignal): Promise<boolean> {
  const { catalog, clock, log, scrub } = services
  const clip = await catalog.clips.find(deletion.clipId)
  if (!clip) return catalog.deletions.finish(deletion.clipId, clock.now())
  const untilMs = await lastAttemptEndsAt(services, clip)
  if (untilMs > clock.now()) {
    await catalog.deletions.postpone(clip.id, { error: null, nextAttemptAt: untilMs })
    return false
  }
  const targets = await catalog.deletions.targets(clip.id, await otherNames(services, clip))
  const failures = [
    ...(await deleteHere(services, clip, targets)),
    ...(await unpinEverywhere(services, clip, targets, signal)),
  ]
  if (failures.length === 0 && (await catalog.deletions.finish(clip.id, clock.now()))) {
    log.info({ clipId: clip.id, cid: clip.cid }, 'A clip was deleted wherever this service could reach it')
    return true
  }
  const error = failures.map(({ message }) => scrub(message)).join('; ') || null
  const backoffMs = error === null ? 0 : exponentialBackoff(deletion.failedRounds + 1, () => clock.random())
  const waitMs = Math.max(backoffMs, ...failures.map(({ retryAfterMs }) => retryAfterMs ?? 0))
  if (error) log.warn({ clipId: clip.id, error }, 'A clip is not deleted everywhere yet; it is tried again')
  await catalog.deletions.postpone(clip.id, { error, nextAttemptAt: clock.now() + waitMs })
  return false
}

/** When every upload of the clip that is under way has surely ended, in milliseconds since the epoch; 0 where none is. */
async function lastAttemptEndsAt({ catalog, config }: Services, clip: Clip): Promise<number> {
  const limitMs = attemptLimitMs(config.ipfs.attemptTimeoutMs, clip.sizeBytes) + LATE_MS
  const running = (await catalog.attempts.ofClip(clip.id)).filter(({ outcome }) => outcome === 'running')
  return Math.max(0, ...running.map(({ startedAt }) => startedAt + limitMs))
}

/** What providers may call the clip that have not said whether they hold it, and chunk it in their own way. */
async function otherNames(
  { catalog, store }: Services,
  clip: Clip,
): Promise<Pick<DeletionTarget, 'provider' | 'cid'>[]> {
  if (!clip.hasLocalBytes || clip.sizeBytes <= LEGACY_CHUNK_BYTES) return []
  const ambiguous = await catalog.attempts.ambiguousProviders(clip.id)
  const file = ambiguous.length > 0 ? await store.blob(clip.id).catch(() => null) : null
  if (!file) return []
  const cid = await legacyCid(file)
  return ambiguous.map((provider) => ({ provider, cid }))
}

/** Why something is not deleted yet. */
interface Failure {
  message: string
  retryAfterMs?: number | undefined
}

/** Deletes the bytes, and the copies of our gateway unless another clip has the same content. */
async function deleteHere(services: Services, clip: Clip, targets: DeletionTarget[]): Promise<Failure[]> {
  const { blockCache, blockStore, catalog, clock, store } = services
  const failures: Failure[] = []
  const attempt = (what: string, work: () => Promise<void>) =>
    work().catch((error: unknown) => void failures.push({ message: `${what}: ${describeError(error)}` }))
  if (clip.hasLocalBytes) {
    await attempt('temporary store', () => store.delete(clip.id))
    if (failures.length === 0) await catalog.clips.markBytesDeleted(clip.id)
  }
  if (await catalog.deletions.isShared(clip.id)) {
    // The round before may have deleted what such a clip had found here, and counted as its own.
    await catalog.deletions.doubtSharers(clip.id, EMBEDDED, clock.now())
    return failures
  }
  for (const cid of new Set([clip.cid, ...targets.map((target) => target.cid)])) {
    if (cid === null) continue
    await attempt('cache of the gateway', () => blockCache.delete(cid))
    await attempt('local repository', () => blockStore.delete(cid))
  }
  if (await catalog.deletions.isShared(clip.id)) failures.push(latecomer)
  return failures
}

const latecomer: Failure = {
  message: 'Another clip with the same content has come meanwhile',
  retryAfterMs: LATECOMER_MS,
}

async function unpinEverywhere(
  services: Services,
  clip: Clip,
  targets: DeletionTarget[],
  signal: AbortSignal,
): Promise<Failure[]> {
  const failures: Failure[] = []
  for (const target of targets.filter(({ outcome }) => outcome === 'pinned')) {
    signal.throwIfAborted()
    await renewLease(services, clip.id)
    const failure = await unpin(services, target, signal)
    if (failure) failures.push(failure)
  }
  return failures
}

async function renewLease(services: Services, clipId: string) {
  const { catalog, clock, leaseOwner: owner } = services
  const lease = { owner, expiresAt: clock.now() + leaseMs(services) }
  if (await catalog.deletions.renew(clipId, lease)) return
  throw new LeaseLostError(`The lease on the deletion of clip ${clipId} was lost`)
}

/** Has one provider end its pin, and records what came of it. Returns why it is to be asked again, if it is. */
async function unpin(
  services: Services,
  target: DeletionTarget,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const { catalog, chain, clock, scrub } = services
  const { clipId, provider, cid } = target
  if (await catalog.deletions.isShared(clipId)) {
    await catalog.deletions.settle({ ...target, outcome: 'shared', error: null })
    return undefined
  }
  try {
    const isUnpinned = await chain.unpin(provider, cid, signal)
    const isKnown = chain.providers.includes(provider)
    const error = isKnown ? 'Its API has no way to delete' : 'It is not configured any more'
    await catalog.deletions.settle(
      isUnpinned ? { ...target, outcome: 'unpinned', error: null } : { ...target, outcome: 'kept', error },
    )
  } catch (cause) {
    if (!ProviderError.isInstance(cause) && !NotTriedError.isInstance(cause)) throw cause
    const error = scrub(describeError(cause))
    const isFinal =
      ProviderError.isInstance(cause) && !cause.isRetryable && !mendable.includes(cause.statusCode ?? 0)
    await catalog.deletions.settle({ ...target, outcome: isFinal ? 'kept' : 'pinned', error })
    if (isFinal) return undefined
    const retryAfterMs = ProviderError.isInstance(cause) ? cause.retryAfterMs : undefined
    return { message: `${provider}: ${error}`, retryAfterMs }
  }
  // A clip with the same content may have been stored there at the same moment.
  if (!(await catalog.deletions.isShared(clipId))) return undefined
  await catalog.deletions.doubtSharers(clipId, provider, clock.now())
  return latecomer
}
