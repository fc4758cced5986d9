import type { Services } from '#lib/context.ts'
import { computeCid } from '#lib/ipfs/blocks/car.ts'
import { WrongContentError } from '#lib/ipfs/blocks/car-reader.ts'
import type { Clip } from '#lib/model/clip.ts'
import { chunksOf } from '#lib/platform/blob-chunks.ts'
import { contentOf } from './clip-content.ts'

type LocalClip = Clip & { cid: string }

/**
 * Whether the temporary store has other bytes for the clip than its CID names. Reads the whole file once a process, as
 * long as it does not change. Bytes in a bucket count as right: their service checks them where they are kept and on the
 * way.
 *
 * @throws what reading throws
 */
export async function areBytesDamaged(services: Services, { id, cid }: LocalClip): Promise<boolean> {
  const { log, store, verifiedFiles } = services
  const version = await store.version?.(id)
  if (!version) return false
  try {
    await verifiedFiles.once(id, `${cid} ${version}`, async () => {
      const audio = await store.blob(id)
      const found = audio && (await computeCid(chunksOf(audio)))
      if (found && found.cid !== cid) throw new WrongContentError(`They have the CID ${found.cid}`)
    })
    return false
  } catch (error) {
    if (!WrongContentError.isInstance(error)) throw error
    log.error(
      { clipId: id, cid, error: error.message },
      'The bytes of a clip in the temporary store are damaged',
    )
    return true
  }
}

/**
 * Replaces damaged bytes in the temporary store by those that IPFS has.
 *
 * @throws Error when nobody delivers them, or the store does not take them; CatalogError
 */
export async function repairBytes(services: Services, clip: LocalClip): Promise<void> {
  const { catalog, log, store } = services
  const { file } = await contentOf(services, clip)
  const put = await store.put(clip.id, chunksOf(file))
  if (put.status === 'failed') {
    await put.discard()
    throw put.error
  }
  log.info({ clipId: clip.id }, 'The bytes of a clip in the temporary store were repaired')
  // They may have been deleted on purpose meanwhile.
  const now = await catalog.clips.find(clip.id)
  if (!now?.hasLocalBytes) await store.delete(clip.id)
}
