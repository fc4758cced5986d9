import type { BlockStore, LocalDag } from './block-store.ts'

/** How long after one use of a clip a further use is not recorded. */
const TOUCH_EVERY_MS = 60_000
/** Other processes may put clips into the same directory, so its size is measured anew after this long. */
const MEASURE_EVERY_MS = 60_000

/** A block store of bounded size: the clips that have not been used for longest are deleted first. */
export type BlockCache = Pick<BlockStore, 'put' | 'open' | 'rootOf'>

/**
 * Keeps at most `maxBytes` in `store`. The clip that was put last stays even if it alone is larger, so that whoever asked
 * for it can read it.
 */
export function createBlockCache(options: {
  store: BlockStore
  maxBytes: number
  now: () => number
}): BlockCache {
  const { store, maxBytes, now } = options
  const touchedAt = new Map<string, number>()
  let knownBytes = 0
  let measuredAt = Number.NEGATIVE_INFINITY

  async function touch({ dag }: LocalDag) {
    const cid = await store.rootOf(dag.cid.toString())
    if (!cid || now() - (touchedAt.get(cid) ?? 0) < TOUCH_EVERY_MS) return
    touchedAt.set(cid, now())
    await store.touch(cid, now())
  }

  async function evict(lastPut: string) {
    const cars = await Array.fromAsync(store.list())
    knownBytes = cars.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    measuredAt = now()
    cars.sort((a, b) => a.usedAt - b.usedAt)
    for (const { cid, sizeBytes } of cars) {
      if (knownBytes <= maxBytes) return
      if (cid === lastPut) continue
      await store.delete(cid)
      touchedAt.delete(cid)
      knownBytes -= sizeBytes
    }
  }

  return {
    rootOf: store.rootOf,

    async open(cid) {
      const local = await store.open(cid)
      if (local) await touch(local)
      return local
    },

    async put(root, car, putOptions) {
      await store.put(root, car, putOptions)
      await store.touch(root, now())
      touchedAt.set(root, now())
      const local = await store.open(root)
      knownBytes += local?.dag.fileBytes ?? 0
      if (knownBytes > maxBytes || now() - measuredAt > MEASURE_EVERY_MS) await evict(root)
    },
  }
}
