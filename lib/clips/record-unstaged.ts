import type { NewClip } from '#lib/catalog/clips.ts'
import type { Services } from '#lib/context.ts'
import type { VocalizedClip } from '#lib/model/clip.ts'
import { ensureRecord } from './ensure-record.ts'
import { keepCaptions, type StagedCaptions } from './keep-captions.ts'

/** A clip that a provider has taken, and that was never recorded as staged. */
export interface UnstagedFacts {
  newClip: NewClip
  clip: VocalizedClip
  captions: StagedCaptions | undefined
}

/**
 * Records the clip as stored. Its bytes stay where the store has them, until they were read back from IPFS as those of any
 * other clip. Returns `false` where the catalog fails: IPFS has the clip either way.
 */
export async function recordUnstaged(
  services: Services,
  { newClip, clip, captions }: UnstagedFacts,
): Promise<boolean> {
  const { catalog, store, log } = services
  const { id, provider, ipfsHash, permanentUrl, storedAt, requestId } = clip
  try {
    const { cid, mimeType, fileExtension, durationMs, sizeBytes, stagedAt, speech } = clip
    const hasLocalBytes = await store.blob(id).then(Boolean, () => false)
    await ensureRecord(services, newClip)
    await keepCaptions(services, id, captions)
    await catalog.clips.settle(id, {
      hasLocalBytes,
      staged: { cid, mimeType, fileExtension, durationMs, sizeBytes, stagedAt, speech },
      stored: { provider, ipfsHash, permanentUrl, storedAt, isProven: clip.unprovenSince === null },
    })
    return true
  } catch (error) {
    log.error({ err: error, requestId, clipId: id, cid: ipfsHash }, 'A stored clip could not be recorded')
    return false
  }
}
