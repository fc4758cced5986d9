import type { NewClip } from '#lib/catalog/clips.ts'
import { CatalogError } from '#lib/catalog/connection.ts'
import type { Config } from '#lib/config/index.ts'
import type { Services } from '#lib/context.ts'
import { packAs } from '#lib/ipfs/blocks/car.ts'
import type { ChainResult } from '#lib/ipfs/chain/chain.ts'
import type { VocalizedClip } from '#lib/model/clip.ts'
import { fileNameOf } from '#lib/model/clip.ts'
import { asPublished, permanentUrlOf } from '#lib/model/permanent-url.ts'
import { describeError } from '#lib/platform/errors.ts'
import { logMessages } from '#lib/telemetry/log.ts'
import { bestEffortLog, noopLog } from './attempt-log.ts'
import { countLost } from './lost-speech.ts'
import { recordLater } from './record-later.ts'
import { isProvenByUpload } from './record-pin.ts'
import { recordReplicas } from './record-replicas.ts'
import { keptTemporarily } from './record-staged.ts'
import { recordUnstaged } from './record-unstaged.ts'
import { createRescue } from './rescue.ts'
import { originalFacts, type StagedAudio } from './staged-audio.ts'
import { storageUnavailable } from './storage-unavailable.ts'

/**
 * Uploads a clip that the temporary store or the catalog could not take: it must reach IPFS now, or be kept on this
 * machine after all. `refusal`: why the catalog has no record of it.
 *
 * @throws ServiceError `storage_unavailable`. The clip is not lost then: it is tried again in the background, unless the
 * message says so
 */
export async function uploadWithoutStore(
  services: Services,
  newClip: NewClip,
  staged: StagedAudio,
  refusal: CatalogError | undefined,
): Promise<VocalizedClip> {
  const log = services.log.child({ requestId: newClip.requestId, clipId: newClip.id })
  // What was proven before this failure says nothing any more.
  services.inFlight.storageProofs.clear()
  const rescue = createRescue(services, newClip, staged)
  const upload = (audio?: Blob) => uploadToIpfs(services, newClip, { ...staged, audio }, refusal)
  const clipOf = (stored: ChainResult) => storedClip(services, newClip, staged, stored)
  try {
    const stored = await upload(staged.audio)
    const clip = clipOf(stored)
    const facts = { newClip, clip, captions: staged.captions }
    const isRecorded = !refusal && (await recordUnstaged(services, facts))
    if (isRecorded && stored.late) {
      void services.tasks.track(stored.late.then((holders) => recordReplicas(services, clip, holders)))
    }
    if (!isRecorded) await recordLater(services, facts)
    await rescue.discard()
    if (staged.captions?.isKept) clip.captionsCid = staged.captions.cid
    return isRecorded ? asPublished(services.config, clip) : publishedElsewhere(services.config, clip, stored)
  } catch (ipfsError) {
    log.error({ error: services.scrub(describeError(ipfsError)) }, logMessages.allFailed)
    const clip = await rescue.secure()
    if (clip) return keptTemporarily(services, clip, staged)
    const storeError = staged.failedPut?.error ?? refusal ?? new CatalogError('The catalog failed')
    const error = storageUnavailable(storeError, { ipfsError, savingId: newClip.id })
    const settle = (stored: ChainResult) =>
      recordUnstaged(services, { newClip, clip: clipOf(stored), captions: staged.captions })
    if (rescue.begin({ error, upload, settle })) throw error
    await rescue.discard()
    log.error({ bytes: staged.sizeBytes }, 'A clip is lost: it could be kept nowhere')
    await countLost(services, newClip, storeError)
    throw storageUnavailable(storeError, { ipfsError })
  }
}

/** @throws ChainError, or what reading the bytes throws */
async function uploadToIpfs(
  services: Services,
  { id, requestId }: NewClip,
  { cid, mimeType, fileExtension, ...staged }: StagedAudio,
  refusal: CatalogError | undefined,
): Promise<ChainResult> {
  const { chain, store, tasks } = services
  const audio = staged.audio ?? (await store.blob(id))
  if (!audio) throw new Error('Its bytes cannot be read')
  const attemptLog = refusal ? noopLog : bestEffortLog(services, id, 'request')
  const car = packAs(staged.dag, audio)
  const content = { cid, car, file: audio, fileName: fileNameOf({ id, fileExtension }), mimeType }
  const stored = await tasks.track(
    chain.upload(content, { priority: 'lastResort', attemptLog, signal: tasks.signal }),
  )
  const log = services.log.child({ requestId, clipId: id })
  log.info({ provider: stored.provider, trigger: 'request' }, logMessages.stored(stored.ipfsHash))
  return stored
}

function storedClip(
  { clock, config }: Services,
  newClip: NewClip,
  staged: StagedAudio,
  { provider, ipfsHash, gatewayUrl }: ChainResult,
): VocalizedClip {
  const now = clock.now()
  const { cid, mimeType, fileExtension, durationMs, sizeBytes, speech } = staged
  const facts = { cid, mimeType, fileExtension, durationMs, sizeBytes, speech, ...originalFacts(staged) }
  const permanentUrl = permanentUrlOf(config, { id: newClip.id, ...facts }, { ipfsHash, gatewayUrl })
  return {
    madeBy: null,
    label: null,
    metadata: null,
    deletedAt: null,
    ...newClip,
    ...facts,
    captionsCid: null,
    captionsOf: null,
    provider,
    ipfsHash,
    permanentUrl,
    spokenAt: null,
    stagedAt: now,
    storedAt: now,
    unprovenSince: isProvenByUpload({ gatewayUrl }) ? null : now,
    state: 'stored',
    hasLocalBytes: false,
    attempts: 1,
    failedRounds: 0,
    lastRoundAt: null,
    nextAttemptAt: null,
    lastError: null,
  }
}

/** Our own gateway serves only what the catalog knows, so that the permanent URL is that of the provider's gateway. */
function publishedElsewhere(config: Config, clip: VocalizedClip, stored: ChainResult): VocalizedClip {
  const elsewhere = { ...config, ipfs: { ...config.ipfs, usesOwnGateway: false } }
  return asPublished(elsewhere, { ...clip, permanentUrl: permanentUrlOf(elsewhere, clip, stored) })
}
