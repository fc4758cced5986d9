import type { Services } from '#lib/context.ts'
import { computeCid } from '#lib/ipfs/blocks/car.ts'
import { WrongContentError } from '#lib/ipfs/blocks/car-reader.ts'
import type { Clip } from '#lib/model/clip.ts'
import { chunksOf } from '#lib/platform/blob-chunks.ts'
import { contentOf } from './clip-content.ts'

type LocalClip = Clip & { cid: string }

const NOTHING = { start: 0, end: -1 }

/**
 * Whether the temporary store has other bytes for the clip than its CID names. Bytes in a bucket count as right: their
 * service checks them where they are kept and on the way.
 *
 * @throws what reading throws
 */
export async function areBytesDamaged(services: Services, clip: LocalClip): Promise<boolean> {
  try {
    await hasRightBytes(services, clip)
    return false
  } catch (error) {
    if (!WrongContentError.isInstance(error)) throw error
    return true
  }
}

/**
 * Whether the temporary store has the clip. A bucket is not asked, which would cost a request.
 *
 * @throws WrongContentError when it has other bytes than the CID names; what reading throws
 */
export async function hasRightBytes(services: Services, clip: LocalClip): Promise<boolean> {
  const { store } = services
  return !store.version || (await store.read(clip.id, NOTHING, verifierOf(services, clip))) !== null
}

/**
 * What makes sure, for `read` of the temporary store, that the file of the clip has the bytes that its CID names. Reads the
 * whole file once a process, as long as it does not change.
 */
export function verifierOf({ log, verifiedFiles }: Services, { id, cid }: LocalClip) {
  return (version: string, readAll: () => AsyncIterable<Uint8Array>): Promise<void> =>
    verifiedFiles.once(id, `${cid} ${version}`, async () => {
      const found = await computeCid(readAll())
      if (found.cid === cid) return
      const error = new WrongContentError(`They have the CID ${found.cid}`)
      log.error(
        { clipId: id, cid, error: error.message },
        'The bytes of a clip in the temporary store are damaged',
      )
      throw error
    })
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
