import type { NewClip } from '#lib/catalog/clips.ts'
import { CatalogError } from '#lib/catalog/connection.ts'
import { LIVE_LEASE_MS } from '#lib/catalog/leases.ts'
import type { Services } from '#lib/context.ts'
import { type Clip, newClipId, type VocalizedClip } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { speechBounds } from '#lib/speech/proportion.ts'
import type { Speech, SpeechRequest, SpokenAudio } from '#lib/speech/speech.ts'
import { TempAudioError } from '#lib/temp-audio/store.ts'
import { expectedSizeBytes, freeDiskSpace, growReservation, reserveBytes } from './byte-budget.ts'
import { keepingLease } from './heartbeat.ts'
import { withoutCaptions } from './keep-captions.ts'
import type { Listener } from './live-listener.ts'
import { countLost } from './lost-speech.ts'
import { asVocalized, keptTemporarily, recordStaged } from './record-staged.ts'
import { requireFileHandles } from './require-file-handles.ts'
import { stage } from './stage.ts'
import type { StagedAudio } from './staged-audio.ts'
import { proveStorage } from './storage-proof.ts'
import { storageUnavailable } from './storage-unavailable.ts'
import { transcodeStaged } from './transcode.ts'
import { type UploadOutcome, uploadClip } from './upload-clip.ts'
import { uploadWithoutStore } from './upload-without-store.ts'

export interface VocalizeContext {
  requestId: string
  /** The clip's id, where the caller needs it before the clip is spoken. */
  id?: string
  /** Receives the clip while it is spoken. */
  listener?: Listener
}

/**
 * Speaks `request.text`, stages the audio and uploads it to IPFS. Waits for the upload at most `UPLOAD_DEADLINE_MS`; it
 * then goes on in the background. Does not wait at all while the breaker of every provider is open.
 *
 * @throws ServiceError when the vendor fails (nothing is kept then), or when neither IPFS nor the temporary store could
 * take the audio
 */
export async function vocalize(
  services: Services,
  request: SpeechRequest,
  context: VocalizeContext,
): Promise<VocalizedClip> {
  const newClip = describeNewClip(services, request, context)
  const { speaking } = services.inFlight
  speaking.add(newClip.id)
  const spoken = keepingLease(services, { clipId: newClip.id }, async () => {
    const refusal = await reserve(services, newClip)
    const staged = await speakAndStage(services, request, newClip, refusal, context.listener)
    const clip = staged.failedPut ? undefined : await recordStaged(services, newClip, staged)
    if (clip) context.listener?.recorded()
    if (clip) return () => uploadStaged(services, clip, staged)
    const stored = await uploadWithoutStore(services, newClip, staged, refusal)
    return async () => stored
  })
  return spoken.then((upload) => upload()).finally(() => speaking.delete(newClip.id))
}

function describeNewClip(
  { config, clock, leaseOwner, speech }: Services,
  request: SpeechRequest,
  { requestId, id = newClipId() }: VocalizeContext,
): NewClip {
  const { modelId, outputFormat } = resolveSpeech(speech, request)
  const characters = [...request.text].length
  const now = clock.now()
  return {
    id,
    requestId,
    characters,
    voiceId: request.voiceId,
    modelId,
    outputFormat,
    createdAt: now,
    expiresAt: now + config.tempAudio.ttlMs,
    sizeBytes: expectedSizeBytes(outputFormat, characters),
    leaseOwner,
    leaseExpiresAt: now + LIVE_LEASE_MS,
  }
}

/** The model and the output format in which `request` will be spoken. */
export function resolveSpeech({ vendor }: Pick<Speech, 'vendor'>, request: SpeechRequest) {
  const { modelId, outputFormat } = vendor.defaults
  return { modelId: request.modelId ?? modelId, outputFormat: request.outputFormat ?? outputFormat }
}

/**
 * Reserves bytes and a record for the clip. Without a disk or a catalog the clip can still go straight to IPFS; where no
 * provider would be tried either, or where others have just shown that no one takes theirs, it is refused before it is
 * paid for. So it is where this process may open too few files.
 *
 * Returns why the catalog has no record of the clip, if that is so.
 */
async function reserve(services: Services, newClip: NewClip): Promise<CatalogError | undefined> {
  const { chain, inFlight } = services
  const canUpload = chain.canTry('background')
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

/** Speaks the text, once more where the audio breaks off before its end and nobody has heard its beginning. */
async function speakAndStage(
  services: Services,
  request: SpeechRequest,
  newClip: NewClip,
  refusal: CatalogError | undefined,
  listener: Listener | undefined,
): Promise<StagedAudio> {
  const { catalog, log } = services
  const { id, requestId } = newClip
  const speakOnce = () => speakAndStageOnce(services, request, newClip, refusal, listener)
  try {
    return await speakOnce().catch(async (error: unknown) => {
      if (listener || !ServiceError.isInstance(error) || error.code !== 'speech_stream_broken') throw error
      log.warn({ requestId, clipId: id, error: error.message }, 'The speech broke off and is asked for again')
      return speakOnce()
    })
  } catch (error) {
    await catalog.clips.discard(id).catch(() => {})
    throw TempAudioError.isInstance(error) ? storageUnavailable(error) : error
  }
}

async function speakAndStageOnce(
  services: Services,
  request: SpeechRequest,
  { id, sizeBytes, characters }: NewClip,
  refusal: CatalogError | undefined,
  listener: Listener | undefined,
): Promise<StagedAudio> {
  let spoken: SpokenAudio | undefined
  try {
    spoken = await services.speech.speak(request, { signal: services.tasks.signal })
    if (listener) spoken = listener.tee(spoken)
    const bounds = speechBounds(request, spoken.outputFormat)
    const reserve = refusal ? () => Promise.reject(refusal) : growReservation(services, id, sizeBytes)
    const staged = await stage(services, id, spoken, { reserve, bounds })
    if (request.timestamps && !staged.captions) staged.speech = withoutCaptions(staged.speech)
    listener?.staged(staged.audio)
    // A listener finds the very bytes that it received, so that they are not re-encoded.
    return listener ? staged : await transcodeStaged(services, id, staged, spoken.outputFormat)
  } catch (error) {
    await spoken?.audio.cancel().catch(() => {})
    if (spoken) await countLost(services, { id, characters }, error)
    throw error
  }
}

async function uploadStaged(services: Services, clip: Clip, staged: StagedAudio): Promise<VocalizedClip> {
  const { catalog, chain, clock, config, tasks, leaseOwner } = services
  let outcome: UploadOutcome | undefined
  if (chain.canTry('interactive')) {
    const { audio } = staged
    const upload = tasks.track(
      uploadClip(services, clip, {
        trigger: 'request',
        priority: 'interactive',
        signal: tasks.signal,
        ...(audio && { audio }),
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
    timer.abort()
  }
}
