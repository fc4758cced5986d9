import type { Trigger } from '#lib/catalog/attempts.ts'
import type { Services } from '#lib/context.ts'
import { dagOf, packAs } from '#lib/ipfs/blocks/car.ts'
import type { FileDag } from '#lib/ipfs/blocks/file-dag.ts'
import { ChainError } from '#lib/ipfs/chain/errors.ts'
import type { Holder, Priority } from '#lib/ipfs/chain/upload-run.ts'
import { type Clip, fileNameOf, mimeTypeOf } from '#lib/model/clip.ts'
import { asPublished, permanentUrlOf } from '#lib/model/permanent-url.ts'
import { exponentialBackoff } from '#lib/platform/backoff.ts'
import { chunksOf } from '#lib/platform/blob-chunks.ts'
import { describeError, markedError } from '#lib/platform/errors.ts'
import { logMessages } from '#lib/telemetry/log.ts'
import { LeaseLostError, storingLog } from './attempt-log.ts'
import { expireClip } from './expire.ts'
import { clipsMayEndAt } from './look-at-clock.ts'
import { isProviderFault } from './provider-fault.ts'
import { isProvenByUpload } from './record-pin.ts'
import { recordReplicas } from './record-replicas.ts'
import { wantedReplicas } from './wanted-replicas.ts'

/** How one round through the chain ended. */
export type UploadOutcome =
  | { status: 'success'; id: string; ipfsHash: string; url: string; provider: string }
  | { status: 'failed'; id: string; error: ChainError | Error; attempts: number }
  /** No provider was tried: the breakers are open, or the lease was lost. */
  | { status: 'untried'; id: string }

/**
 * Takes one leased clip through the provider chain and records the outcome: stored, or pending until its next attempt.
 * The lease is extended before each attempt and released at the end.
 *
 * @throws CatalogError when a failure cannot be recorded. The clip then still waits for IPFS, its lease runs out, and
 * every attempt that was begun is recorded.
 */
export async function uploadClip(
  services: Services,
  clip: Clip,
  options: UploadOptions,
): Promise<UploadOutcome> {
  const { uploads, smallAudio } = services.inFlight
  // This process is uploading it already, and its lease has run out meanwhile: the clock was set forward.
  if (uploads.has(clip.id)) return { status: 'untried', id: clip.id }
  uploads.add(clip.id)
  try {
    return await uploadRound(services, clip, options)
  } finally {
    uploads.delete(clip.id)
    smallAudio.drop(clip.id)
  }
}

interface UploadOptions {
  trigger: Trigger
  priority: Priority
  signal: AbortSignal
  /** The bytes, where the caller has them open already and has just hashed them. */
  staged?: { audio: Blob; dag: FileDag }
}

async function uploadRound(services: Services, clip: Clip, options: UploadOptions): Promise<UploadOutcome> {
  const { catalog, chain, clock, leaseOwner } = services
  const log = services.log.child({ requestId: clip.requestId, clipId: clip.id })
  try {
    const { audio, dag } = options.staged ?? (await readStaged(services, clip))
    const cid = dag.root.toString()
    if (cid !== clip.cid) throw new Error(`Its bytes have changed: they are ${cid} and should be ${clip.cid}`)
    const attemptLog = storingLog(services, clip.id, options.trigger)
    const stored = await chain.upload(
      { cid, car: packAs(dag, audio), file: audio, fileName: fileNameOf(clip), mimeType: mimeTypeOf(clip) },
      {
        priority: options.priority,
        attemptLog,
        ambiguous: clip.attempts > 0 ? await catalog.attempts.ambiguousProviders(clip.id) : [],
        signal: options.signal,
      },
    )
    const permanentUrl = permanentUrlOf(services.config, clip, stored)
    log.info({ provider: stored.provider, trigger: options.trigger }, logMessages.stored(stored.ipfsHash))
    const { provider, ipfsHash } = stored
    await catalog.clips
      .store(
        clip.id,
        {
          provider,
          ipfsHash,
          permanentUrl,
          storedAt: clock.now(),
          isProven: isProvenByUpload(stored),
        },
        attemptLog.storing(),
      )
      // The provider has it all the same: that an attempt was begun is recorded, and the next round reconciles the two.
      .catch((error: unknown) =>
        log.error({ err: error, cid: ipfsHash }, 'A stored clip could not be recorded yet'),
      )
    if (stored.late) {
      // Of what still goes on, the caller need not know, and a replica more may be on its way.
      void services.tasks.track(stored.late.then((holders) => replicateFurther(services, clip, holders)))
    } else await replicateFurther(services, clip, [])
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

async function readStaged({ store }: Services, { id }: Clip) {
  const audio = await store.blob(id)
  if (!audio) throw new BytesMissingError('Its bytes are not in the temporary store')
  return { audio, dag: await dagOf(chunksOf(audio)) }
}

/** Records that `holders` hold the clip too, and which replicas it wants then. @throws CatalogError */
async function replicateFurther(services: Services, clip: Clip, holders: Holder[]): Promise<void> {
  await recordReplicas(services, clip, holders)
  const replicas = wantedReplicas(services)
  // What cannot be recorded now is found at the next start.
  if (replicas > 1)
    await services.catalog.replications.want(replicas, services.clock.now(), clip.id).catch(() => {})
}

/**
 * Whether an error ends what counts as recovery from an outage. The uploads that follow an outage are made because others
 * succeed: of those only the fault of a provider shows that it is not over.
 */
function isOutage(error: unknown, trigger: Trigger): boolean {
  return isProviderFault(error) || (ChainError.isInstance(error) && trigger !== 'recovery')
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
  const isOver = clock.now() >= clip.expiresAt && clock.now() >= (await clipsMayEndAt(services))
  if (BytesMissingError.isInstance(error) && isOver) {
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
