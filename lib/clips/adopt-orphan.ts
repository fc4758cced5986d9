import { measureAudio } from '#lib/audio/measure.ts'
import type { Services } from '#lib/context.ts'
import { computeCid } from '#lib/ipfs/blocks/car.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { chunksOf } from '#lib/platform/blob-chunks.ts'

/** A clip whose process died after its bytes were stored and before they were recorded, or a file without any record. */
type Orphan = { id: string; outputFormat?: string | null; requestId?: string }

/**
 * Makes a clip that waits for IPFS of the bytes that a crash left in the temporary store. Returns `false` where there
 * are none, and where they were read whole and are no audio: they are deleted then.
 *
 * @throws CatalogError when the catalog fails
 * @throws Error when the bytes cannot be read now: they stay
 */
export async function adoptOrphan(services: Services, orphan: Orphan): Promise<boolean> {
  const { catalog, clock, config, store, log } = services
  const audio = await store.blob(orphan.id)
  if (!audio) return false
  const { cid, sizeBytes } = await computeCid(chunksOf(audio))
  if (sizeBytes !== audio.size) throw new Error(`Only ${sizeBytes} of its ${audio.size} bytes can be read`)
  const facts = await measureAudio(chunksOf(audio), orphan.outputFormat ?? '').catch((error: unknown) => {
    if (ServiceError.isInstance(error)) return null
    throw error
  })
  if (!facts) {
    log.error(
      { clipId: orphan.id, cid, bytes: sizeBytes },
      'Deleting what a crash had left behind: it is no audio',
    )
    await store.delete(orphan.id)
    return false
  }
  const { mimeType, fileExtension, durationMs } = facts
  const now = clock.now()
  if (!orphan.requestId) {
    const isReserved = await catalog.clips.reserve(
      {
        id: orphan.id,
        requestId: `adopted-${orphan.id}`,
        characters: 0,
        voiceId: 'unknown',
        sizeBytes,
        modelId: null,
        outputFormat: null,
        leaseOwner: null,
        leaseExpiresAt: null,
        createdAt: now,
        expiresAt: now + config.tempAudio.ttlMs,
      },
      Number.MAX_SAFE_INTEGER,
    )
    // Another process has adopted it meanwhile.
    if (!isReserved) return false
  }
  await catalog.clips.stage(orphan.id, {
    mimeType,
    fileExtension,
    durationMs,
    cid,
    sizeBytes,
    stagedAt: now,
    leaseOwner: null,
    leaseExpiresAt: null,
  })
  log.warn({ clipId: orphan.id, cid }, 'Adopted a clip that a crash had left behind')
  return true
}
