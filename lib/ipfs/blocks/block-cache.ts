import type { BlockStore, KeptDag } from './block-store.ts'

/** Between two notes that the same clip was used. */
const TOUCH_EVERY_MS = 60_000
/** Other processes may keep clips in the same place, so what is there is counted anew after this long. */
const COUNT_EVERY_MS = 60_000

/** A block store of bounded size: the clips that were not asked for longest go first. */
export type BlockCache = Pick<BlockStore, 'put' | 'open' | 'rootOf'>

/**
 * Keeps at most `maxBytes` in `store`. The clip that was put last stays in any case, so that whoever asked for it can
 * read it.
 */
export function createBlockCache(options: {
  store: BlockStore
  maxBytes: number
  now: () => number
}): BlockCache {
  const { store, maxBytes, now } = options
  const touchedAt = new Map<string, number>()
  let knownBytes = 0
  let countedAt = Number.NEGATIVE_INFINITY

  async function touch(kept: KeptDag) {
    const cid = await store.rootOf(kept.dag.cid.toString())
    if (!cid || now() - (touchedAt.get(cid) ?? 0) < TOUCH_EVERY_MS) return
    touchedAt.set(cid, now())
    await store.touch(cid, now())
  }

  async function evict(latest: string) {
    const cars = await Array.fromAsync(store.list())
    knownBytes = cars.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    countedAt = now()
    cars.sort((a, b) => a.usedAt - b.usedAt)
    for (const { cid, sizeBytes } of cars) {
      if (knownBytes <= maxBytes) return
      if (cid === latest) continue
      await store.delete(cid)
      touchedAt.delete(cid)
      knownBytes -= sizeBytes
    }
  }

  return {
    rootOf: store.rootOf,

    async open(cid) {
      const kept = await store.open(cid)
      if (kept) await touch(kept)
      return kept
    },

    async put(root, car, putOptions) {
      await store.put(root, car, putOptions)
      await store.touch(root, now())
      touchedAt.set(root, now())
      const kept = await store.open(root)
      knownBytes += kept?.dag.fileBytes ?? 0
      if (knownBytes > maxBytes || now() - countedAt > COUNT_EVERY_MS) await evict(root)
    },
  }
}
