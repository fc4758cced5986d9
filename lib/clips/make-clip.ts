import type { NewClip } from '#lib/catalog/clips.ts'
import { CatalogError } from '#lib/catalog/connection.ts'
import type { Services } from '#lib/context.ts'
import type { Clip, VocalizedClip } from '#lib/model/clip.ts'
import { NOT_NEEDED } from '#lib/platform/clock.ts'
import { TempAudioError } from '#lib/temp-audio/store.ts'
import { freeDiskSpace, reserveBytes } from './byte-budget.ts'
import { keepingLease } from './heartbeat.ts'
import { asVocalized, keptTemporarily, recordStaged } from './record-staged.ts'
import { requireFileHandles } from './require-file-handles.ts'
import type { StagedAudio } from './staged-audio.ts'
import { proveStorage } from './storage-proof.ts'
import { storageUnavailable } from './storage-unavailable.ts'
import { type UploadOutcome, uploadClip } from './upload-clip.ts'
import { uploadWithoutStore } from './upload-without-store.ts'

interface MakeOptions {
  /** Makes the audio and stages it. `refusal`: why the catalog has no record of the clip, if that is so. */
  make: (refusal: CatalogError | undefined) => Promise<StagedAudio>
  /** Called once the clip is recorded: nothing can be lost any more. */
  recorded?: () => void
}

/**
 * Reserves bytes, has the audio of a clip made, records it and uploads it to IPFS. Waits for the upload at most
 * `UPLOAD_DEADLINE_MS`; it then goes on in the background. Does not wait at all while the breaker of every provider is
 * open.
 *
 * @throws ServiceError when neither IPFS nor the temporary store could take the audio; whatever `make` throws
 */
export async function makeClip(
  services: Services,
  newClip: NewClip,
  { make, recorded }: MakeOptions,
): Promise<VocalizedClip> {
  const { speaking, uploads, smallAudio } = services.inFlight
  speaking.add(newClip.id)
  const made = keepingLease(services, { clipId: newClip.id }, async () => {
    const refusal = await reserve(services, newClip)
    const staged = await make(refusal)
    const clip = staged.failedPut ? undefined : await recordStaged(services, newClip, staged)
    if (clip) recorded?.()
    if (clip) return () => uploadStaged(services, clip, staged)
    const stored = await uploadWithoutStore(services, newClip, staged, refusal)
    return async () => stored
  })
  return made
    .then((upload) => upload())
    .finally(() => {
      speaking.delete(newClip.id)
      if (!uploads.has(newClip.id)) smallAudio.drop(newClip.id)
    })
}

/**
 * Reserves bytes and a record for the clip. Without a disk or a catalog the clip can still go straight to IPFS; where no
 * provider elsewhere would be tried either, or where others have just shown that no one takes theirs, it is refused before it is
 * paid for. So it is where this process may open too few files.
 *
 * Returns why the catalog has no record of the clip, if that is so.
 */
async function reserve(services: Services, newClip: NewClip): Promise<CatalogError | undefined> {
  const { chain, inFlight } = services
  const canUpload = chain.canTry('background', { isElsewhere: true })
  try {
    await requireFileHandles(services)
    if (!canUpload || inFlight.rescues.size > 0) await proveStorage(services, { isHereEnough: true })
    await freeDiskSpace(services, newClip.sizeBytes).catch((error) => {
      if (!TempAudioError.isInstance(error) || !canUpload) throw error
    })
    await reserveBytes(services, newClip)
    return undefined
  } catch (error) {
    if (!CatalogError.isInstance(error) && !TempAudioError.isInstance(error)) throw error
    if (TempAudioError.isInstance(error) || !canUpload || inFlight.rescues.size > 0) {
      throw storageUnavailable(error)
    }
    return error
  }
}

async function uploadStaged(services: Services, clip: Clip, staged: StagedAudio): Promise<VocalizedClip> {
  const { catalog, chain, clock, config, tasks, leaseOwner } = services
  let outcome: UploadOutcome | undefined
  if (chain.canTry('interactive')) {
    const { audio, dag } = staged
    const upload = tasks.track(
      uploadClip(services, clip, {
        trigger: 'request',
        priority: 'interactive',
        signal: tasks.signal,
        ...(audio && { staged: { audio, dag } }),
      }),
    )
    outcome = await withinDeadline(upload, clock, config.ipfs.uploadDeadlineMs)
  } else {
    // A lease that cannot be released now runs out: the clip is safe either way.
    await catalog.queue.release(leaseOwner, clip.id).catch(() => {})
  }
  if (outcome?.status === 'success') {
    const { provider, ipfsHash, url } = outcome
    return asVocalized({ ...clip, state: 'stored', provider, ipfsHash, permanentUrl: url }, staged)
  }
  return keptTemporarily(services, clip, staged)
}

/** The outcome of `upload`; `undefined` when it takes longer than `deadlineMs` or throws: the clip waits for IPFS then. */
async function withinDeadline(upload: Promise<UploadOutcome>, clock: Services['clock'], deadlineMs: number) {
  const timer = new AbortController()
  const deadline = clock.sleep(deadlineMs, timer.signal).catch(() => {})
  try {
    return (await Promise.race([upload.catch(() => undefined), deadline])) ?? undefined
  } finally {
    timer.abort(NOT_NEEDED)
  }
}
