import type { NewClip } from '#lib/catalog/clips.ts'
import { CatalogError } from '#lib/catalog/connection.ts'
import type { Config } from '#lib/config/index.ts'
import type { Services } from '#lib/context.ts'
import { packCar } from '#lib/ipfs/blocks/car.ts'
import type { ChainResult } from '#lib/ipfs/chain/chain.ts'
import type { VocalizedClip } from '#lib/model/clip.ts'
import { fileNameOf, type OriginalFacts } from '#lib/model/clip.ts'
import { asPublished, permanentUrlOf } from '#lib/model/permanent-url.ts'
import { describeError } from '#lib/platform/errors.ts'
import { logMessages } from '#lib/telemetry/log.ts'
import { bestEffortLog, noopLog } from './attempt-log.ts'
import { recordReplicas } from './record-replicas.ts'
import { keptTemporarily, recordStaged } from './record-staged.ts'
import { originalFacts, type StagedAudio } from './staged-audio.ts'
import { storageUnavailable } from './storage-unavailable.ts'

/**
 * Uploads a clip that the temporary store or the catalog could not take: it must reach IPFS now, or wait on this machine
 * where that can keep it. `refusal`: why the catalog has no record of it.
 *
 * @throws ServiceError `storage_unavailable`; nothing of the clip is kept then
 */
export async function uploadWithoutStore(
  services: Services,
  newClip: NewClip,
  staged: StagedAudio,
  refusal: CatalogError | undefined,
): Promise<VocalizedClip> {
  const { chain, tasks } = services
  const { cid, audio, mimeType, fileExtension, durationMs, sizeBytes } = staged
  const fileName = fileNameOf({ id: newClip.id, fileExtension })
  const log = services.log.child({ requestId: newClip.requestId, clipId: newClip.id })
  let kept: VocalizedClip | undefined
  try {
    const { car } = await packCar(audio)
    const content = { cid, car, file: audio, fileName, mimeType }
    const attemptLog = refusal ? noopLog : bestEffortLog(services, newClip.id, 'request')
    const stored = await tasks.track(
      chain.upload(content, { priority: 'lastResort', attemptLog, signal: tasks.signal }),
    )
    log.info({ provider: stored.provider, trigger: 'request' }, logMessages.stored(stored.ipfsHash))
    const facts = { cid, mimeType, fileExtension, durationMs, sizeBytes, ...originalFacts(staged) }
    const clip = storedClip(services, newClip, facts, stored)
    const isRecorded = !refusal && (await recordUnstaged(services, clip))
    if (isRecorded && stored.late) {
      void tasks.track(stored.late.then((holders) => recordReplicas(services, newClip.id, holders)))
    }
    return isRecorded ? asPublished(services.config, clip) : publishedElsewhere(services.config, clip, stored)
  } catch (error) {
    log.error({ error: services.scrub(describeError(error)) }, logMessages.allFailed)
    if (!refusal) kept = await keepHere(services, newClip, staged)
    if (kept) return kept
    if (!refusal) await forget(services, newClip.id)
    throw storageUnavailable(
      staged.failedPut?.error ?? refusal ?? new CatalogError('The catalog failed'),
      error,
    )
  } finally {
    if (!kept) await staged.failedPut?.discard()
  }
}

function storedClip(
  { clock, config }: Services,
  newClip: NewClip,
  facts: Pick<VocalizedClip, 'cid' | 'mimeType' | 'fileExtension' | 'durationMs' | 'sizeBytes'> &
    OriginalFacts,
  { provider, ipfsHash, gatewayUrl }: ChainResult,
): VocalizedClip {
  const now = clock.now()
  const permanentUrl = permanentUrlOf(config, { id: newClip.id, ...facts }, { ipfsHash, gatewayUrl })
  return {
    ...newClip,
    ...facts,
    provider,
    ipfsHash,
    permanentUrl,
    spokenAt: null,
    stagedAt: now,
    storedAt: now,
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

/** Keeps the bytes on this machine until the store takes them; `undefined` where that or their record is not possible. */
async function keepHere(
  services: Services,
  newClip: NewClip,
  staged: StagedAudio,
): Promise<VocalizedClip | undefined> {
  const keep = staged.failedPut?.keep
  const clip = keep && (await recordStaged(services, newClip, staged))
  if (!clip) return undefined
  keep()
  // A lease that cannot be released now runs out.
  await services.catalog.queue.release(services.leaseOwner, clip.id).catch(() => {})
  return keptTemporarily(services, clip, staged)
}

/** The caller is answered that the clip is lost, so that it must not be found and uploaded later. */
async function forget({ catalog, store }: Services, id: string) {
  await store.delete(id).catch(() => {})
  await catalog.clips.discard(id).catch(() => {})
}

/** Records the clip as stored. Returns `false` where the catalog fails: IPFS has the clip either way. */
async function recordUnstaged(services: Services, clip: VocalizedClip): Promise<boolean> {
  const { catalog, store, log } = services
  const { id, provider, ipfsHash, permanentUrl, storedAt, requestId } = clip
  try {
    const { cid, mimeType, fileExtension, durationMs, sizeBytes, stagedAt } = clip
    await catalog.clips.settle(id, {
      staged: { cid, mimeType, fileExtension, durationMs, sizeBytes, stagedAt },
      stored: { provider, ipfsHash, permanentUrl, storedAt },
    })
    return true
  } catch (error) {
    log.error({ err: error, requestId, clipId: id, cid: ipfsHash }, 'A stored clip could not be recorded')
    return false
  } finally {
    await store.delete(id).catch(() => {})
  }
}
