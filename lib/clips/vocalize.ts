import type { NewClip } from '#lib/catalog/clips.ts'
import type { CatalogError } from '#lib/catalog/connection.ts'
import { LIVE_LEASE_MS } from '#lib/catalog/leases.ts'
import type { Services } from '#lib/context.ts'
import { type ClipNotes, newClipId, type VocalizedClip } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { speechBounds } from '#lib/speech/proportion.ts'
import type { Speech, SpeechPriority, SpeechRequest, SpokenAudio } from '#lib/speech/speech.ts'
import { TempAudioError } from '#lib/temp-audio/store.ts'
import { expectedSizeBytes, growReservation } from './byte-budget.ts'
import { withoutCaptions } from './keep-captions.ts'
import type { Listener } from './live-listener.ts'
import { countLost } from './lost-speech.ts'
import { makeClip } from './make-clip.ts'
import { signStaged } from './sign.ts'
import { stage } from './stage.ts'
import type { StagedAudio } from './staged-audio.ts'
import { storageUnavailable } from './storage-unavailable.ts'
import { transcodeStaged } from './transcode.ts'

export interface VocalizeContext {
  label?: ClipNotes['label'] | undefined
  metadata?: ClipNotes['metadata'] | undefined
  requestId: string
  /** Who makes it, as `makerOf` says it. */
  madeBy?: string | null
  /** The clip's id, where the caller needs it before the clip is spoken. */
  id?: string
  /** Receives the clip while it is spoken. */
  listener?: Listener
  /** Whether somebody waits for it, which is the default. */
  priority?: SpeechPriority
  /** For whom, where that is in the background: callers take turns. */
  caller?: string
  /** Runs once it is its turn, and before a vendor is asked: where this throws nothing is spoken. */
  beforeSpeaking?: () => Promise<void>
  /** The audio is not to be re-encoded or signed. */
  isAsSpoken?: boolean
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
  const { listener } = context
  return makeClip(services, newClip, {
    make: (refusal) => speakAndStage(services, request, newClip, { ...context, refusal }),
    recorded: () => listener?.recorded(),
  })
}

function describeNewClip(
  { config, clock, leaseOwner, speech }: Services,
  request: SpeechRequest,
  { requestId, id = newClipId(), madeBy, label, metadata }: VocalizeContext,
): NewClip {
  const { modelId, outputFormat } = resolveSpeech(speech, request)
  const characters = [...request.text].length
  const now = clock.now()
  return {
    id,
    requestId,
    madeBy: madeBy ?? null,
    label: label ?? null,
    metadata: metadata ?? null,
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

type SpeakOptions = VocalizeContext & { refusal: CatalogError | undefined }

/** Speaks the text, once more where the audio breaks off before its end and nobody has heard its beginning. */
async function speakAndStage(
  services: Services,
  request: SpeechRequest,
  newClip: NewClip,
  options: SpeakOptions,
): Promise<StagedAudio> {
  const { catalog, log } = services
  const { id, requestId } = newClip
  const speakOnce = () => speakAndStageOnce(services, request, newClip, options)
  try {
    return await speakOnce().catch(async (error: unknown) => {
      if (options.listener || !ServiceError.isInstance(error) || error.code !== 'speech_stream_broken')
        throw error
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
  { refusal, listener, priority, caller, beforeSpeaking, isAsSpoken }: SpeakOptions,
): Promise<StagedAudio> {
  let spoken: SpokenAudio | undefined
  try {
    const { signal } = services.tasks
    spoken = await services.speech.speak(request, { signal, priority, caller, beforeSpeaking, clipId: id })
    if (!refusal) await noteStandIn(services, id, spoken)
    if (listener) spoken = listener.tee(spoken)
    const bounds = speechBounds(request, spoken.outputFormat)
    const reserve = refusal ? () => Promise.reject(refusal) : growReservation(services, id, sizeBytes)
    const staged = await stage(services, id, spoken, { reserve, bounds })
    if (request.timestamps && !staged.captions) staged.speech = withoutCaptions(staged.speech)
    listener?.staged(staged.audio)
    // A listener finds the very bytes that it received, so that they are neither re-encoded nor signed.
    if (listener || isAsSpoken) return staged
    const transcoded = await transcodeStaged(services, id, staged, spoken.outputFormat)
    return await signStaged(services, id, transcoded)
  } catch (error) {
    await spoken?.audio.cancel().catch(() => {})
    if (spoken) await countLost(services, { id, characters }, error)
    throw error
  }
}

/** Records at once who speaks, where that is not the vendor that was asked: a crash must not make it the original. */
async function noteStandIn({ catalog, speech, log }: Services, id: string, { spokenBy }: SpokenAudio) {
  if (spokenBy.vendor === speech.vendor.name) return
  // The audio is being paid for: it is kept, whatever the catalog does.
  await catalog.clips.noteSpeech(id, { spokenBy }).catch((error: unknown) => {
    log.warn({ err: error, clipId: id }, 'Who stands in for a vendor is recorded only at the end')
  })
}
