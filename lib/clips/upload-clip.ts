import type { Trigger } from '#lib/catalog/attempts.ts'
import type { Services } from '#lib/context.ts'
import { packCar } from '#lib/ipfs/blocks/car.ts'
import { ChainError } from '#lib/ipfs/chain/errors.ts'
import type { Priority } from '#lib/ipfs/chain/provider-runner.ts'
import { type Clip, fileNameOf } from '#lib/model/clip.ts'
import { asPublished, permanentUrlOf } from '#lib/model/permanent-url.ts'
import { exponentialBackoff } from '#lib/platform/backoff.ts'
import { describeError, markedError } from '#lib/platform/errors.ts'
import { logMessages } from '#lib/telemetry/log.ts'
import { LeaseLostError, leasedLog } from './attempt-log.ts'
import { expireClip } from './expire.ts'
import { isProvidersFault } from './outage.ts'
import { wantedReplicas } from './replicate.ts'

/** How one round through the chain ended. */
export type UploadOutcome =
  | { status: 'success'; id: string; ipfsHash: string; url: string; provider: string }
  | { status: 'failed'; id: string; error: ChainError | Error; attempts: number }
  /** Nobody was tried: every provider is being rested, or the lease was lost. */
  | { status: 'untried'; id: string }

/**
 * Takes one leased clip through the chain and records how it ended: stored, or pending with its next date.
 * The lease is prolonged before each try and given back in the end.
 *
 * @throws CatalogError when a failed end cannot be recorded. The clip is then still waiting, its lease runs out, and
 * every try that was begun is in the journal.
 */
export async function uploadClip(
  services: Services,
  clip: Clip,
  options: UploadOptions,
): Promise<UploadOutcome> {
  const { uploads } = services.inFlight
  // Its lease ran out while it was at work: the clock was set forward.
  if (uploads.has(clip.id)) return { status: 'untried', id: clip.id }
  uploads.add(clip.id)
  try {
    return await uploadRound(services, clip, options)
  } finally {
    uploads.delete(clip.id)
  }
}

interface UploadOptions {
  trigger: Trigger
  priority: Priority
  signal: AbortSignal
  /** The bytes, where they are at hand. */
  audio?: Blob
}

async function uploadRound(services: Services, clip: Clip, options: UploadOptions): Promise<UploadOutcome> {
  const { catalog, chain, clock, leaseOwner } = services
  const log = services.log.child({ requestId: clip.requestId, clipId: clip.id })
  try {
    const audio = options.audio ?? (await services.store.blob(clip.id))
    if (!audio) throw new BytesMissingError('Its bytes are not in the temporary store')
    const { cid, car } = await packCar(audio)
    if (cid !== clip.cid) throw new Error(`Its bytes have changed: they are ${cid} and should be ${clip.cid}`)
    const stored = await chain.upload(
      { cid, car, file: audio, fileName: fileNameOf(clip) },
      {
        priority: options.priority,
        attemptLog: leasedLog(services, clip.id, options.trigger),
        ambiguous: clip.attempts > 0 ? await catalog.attempts.ambiguousProviders(clip.id) : [],
        signal: options.signal,
      },
    )
    const permanentUrl = permanentUrlOf(services.config, clip, stored)
    log.info({ provider: stored.provider, trigger: options.trigger }, logMessages.stored(stored.ipfsHash))
    const { provider, ipfsHash } = stored
    await catalog.clips
      .store(clip.id, { provider, ipfsHash, permanentUrl, storedAt: clock.now() })
      // It is held, whatever the catalog can take now: the journal has it, and the next round recognises it.
      .catch((error: unknown) =>
        log.error({ err: error, cid: ipfsHash }, 'A stored clip could not be recorded yet'),
      )
    const replicas = wantedReplicas(services)
    if (replicas > 1) {
      // What cannot be written down now is found at the next start.
      await catalog.replications.want(replicas, clock.now(), clip.id).catch(() => {})
    }
    const { permanentUrl: url } = asPublished(services.config, { ...clip, ipfsHash, permanentUrl })
    return { status: 'success', id: clip.id, ipfsHash, url, provider }
  } catch (error) {
    if (options.signal.aborted || LeaseLostError.isInstance(error)) {
      await catalog.queue.release(leaseOwner, clip.id)
      return { status: 'untried', id: clip.id }
    }
    if (isOutage(error, options.trigger)) services.outage.endedAt = undefined
    return postpone(services, clip, error as Error)
  }
}

/** What is tried after an outage is tried since others succeed: only a provider's own fault means that it lasts. */
function isOutage(error: unknown, trigger: Trigger): boolean {
  return isProvidersFault(error) || (ChainError.isInstance(error) && trigger !== 'recovery')
}

async function postpone(services: Services, clip: Clip, error: Error): Promise<UploadOutcome> {
  const { catalog, clock, scrub, leaseOwner } = services
  const log = services.log.child({ requestId: clip.requestId, clipId: clip.id })
  const isUntried = ChainError.isInstance(error) && error.attempts === 0
  if (isUntried && services.chain.providers.length > 0) {
    await catalog.queue.release(leaseOwner, clip.id)
    return { status: 'untried', id: clip.id }
  }
  const message = scrub(describeError(error))
  if (services.chain.providers.length > 0) log.error({ error: message }, logMessages.allFailed)
  if (BytesMissingError.isInstance(error) && clock.now() >= clip.expiresAt) {
    await expireClip(services, clip, { leaseOwner })
  }
  const lastRoundAt = clock.now()
  const nextAttemptAt = lastRoundAt + exponentialBackoff(clip.failedRounds + 1, () => clock.random())
  await catalog.clips.postpone(clip.id, { leaseOwner, error: message, lastRoundAt, nextAttemptAt })
  const attempts = clip.attempts + (ChainError.isInstance(error) ? error.attempts : 0)
  return { status: 'failed', id: clip.id, error, attempts }
}

/** The record says that the bytes are here, and they are not: nothing more can come of the clip. */
class BytesMissingError extends markedError('BytesMissingError') {}
