import { DiskFullError, type DiskSpace } from '#lib/platform/disk-space.ts'
import type { BlockStore } from './block-store.ts'

/** How long after one use of a clip a further use is not recorded. */
const TOUCH_EVERY_MS = 60_000
/** Other processes may put clips into the same directory, so its size is measured anew after this long. */
const MEASURE_EVERY_MS = 60_000

/** A block store of bounded size: the clips that have not been used for longest are deleted first. */
export interface BlockCache extends Pick<BlockStore, 'put' | 'open' | 'rootOf' | 'delete'> {
  /** Deletes clips until the disk has space for `sizeBytes` more. Returns whether it has. */
  makeRoom(sizeBytes: number): Promise<boolean>
  /**
   * Does `work`, which writes `sizeBytes` to the disk, once there is room for that.
   *
   * @throws DiskFullError when there is not; whatever `work` throws
   */
  withRoom<T>(sizeBytes: number, work: () => Promise<T>): Promise<T>
}

/**
 * Keeps at most `maxBytes` in `store`, and less where `diskSpace` asks for that. The clip that was put last stays even if
 * it alone is larger than `maxBytes`, so that whoever asked for it can read it.
 */
export function createBlockCache(options: {
  store: BlockStore
  maxBytes: number
  diskSpace: DiskSpace
  now: () => number
}): BlockCache {
  const { store, maxBytes, diskSpace, now } = options
  /** By the CID of each clip and each block that was asked for lately. */
  const touchedAt = new Map<string, number>()
  let knownBytes = 0
  let measuredAt = Number.NEGATIVE_INFINITY
  let evicting: Promise<unknown> = Promise.resolve()
  /** What is being written now. */
  let expectedBytes = 0

  async function touch(cid: string) {
    if (now() - (touchedAt.get(cid) ?? 0) < TOUCH_EVERY_MS) return
    touchedAt.set(cid, now())
    const root = await store.rootOf(cid)
    if (root) await store.touch(root, now())
  }

  /** Deletes the clips that were not used for longest until there is enough room. One after the other for all callers. */
  function evict(hasRoom: () => boolean | Promise<boolean>, spared?: string): Promise<boolean> {
    const turn = evicting.then(async () => {
      const cars = await Array.fromAsync(store.list())
      knownBytes = cars.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      measuredAt = now()
      cars.sort((a, b) => a.usedAt - b.usedAt)
      for (const [cid, at] of touchedAt) if (now() - at >= TOUCH_EVERY_MS) touchedAt.delete(cid)
      for (const { cid, sizeBytes } of cars) {
        if (await hasRoom()) return true
        if (cid === spared) continue
        await store.delete(cid)
        touchedAt.delete(cid)
        knownBytes -= sizeBytes
      }
      return hasRoom()
    })
    evicting = turn.catch(() => {})
    return turn
  }

  async function makeRoom(sizeBytes: number) {
    const hasRoom = () => diskSpace.hasSpace(sizeBytes)
    return (await hasRoom()) || evict(hasRoom)
  }

  return {
    rootOf: store.rootOf,

    async open(cid) {
      const local = await store.open(cid)
      if (local) await touch(cid)
      return local
    },

    async put(root, car, putOptions) {
      await store.put(root, car, putOptions)
      await store.touch(root, now())
      touchedAt.set(root, now())
      const local = await store.open(root)
      knownBytes += local?.dag.fileBytes ?? 0
      const isDue = knownBytes > maxBytes || now() - measuredAt > MEASURE_EVERY_MS
      if (isDue) await evict(() => knownBytes <= maxBytes, root)
    },

    async delete(cid) {
      await store.delete(cid)
      touchedAt.delete(cid)
    },

    makeRoom,

    async withRoom(sizeBytes, work) {
      expectedBytes += sizeBytes
      try {
        if (!(await makeRoom(expectedBytes))) throw new DiskFullError('The disk of the cache is full')
        return await work()
      } finally {
        expectedBytes -= sizeBytes
      }
    },
  }
}
