import type { Services } from '#lib/context.ts'
import type { BlockStore, LocalDag } from '#lib/ipfs/blocks/block-store.ts'
import { WrongContentError } from '#lib/ipfs/blocks/car-reader.ts'
import { putFile } from '#lib/ipfs/blocks/fetch-content.ts'
import { createMemoryBlocks } from '#lib/ipfs/blocks/memory-blocks.ts'
import type { Clip } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { isDiskFull } from '#lib/platform/disk-space.ts'
import { describeError } from '#lib/platform/errors.ts'
import { MEBIBYTE } from '#lib/platform/units.ts'
import { copyFromGateways, type Wanted } from './copy-from-gateways.ts'
import { deletedError } from './deleted-error.ts'

/** Where the disk is full, clips up to this size are verified in memory, and not kept: one block holds them. */
const IN_MEMORY_BYTES = MEBIBYTE

/** Content that this service has stored: a clip, by any of its CIDs, or a block of a clip. */
export interface FoundContent {
  /** The clip, where the CID is one of its own and not that of a block. */
  clip: Clip | null
  /** Looks for the bytes, once they are wanted: that there is such a clip is known without. */
  look(): Promise<Copy>
}

/** What is here of a content, and the way to it. */
export interface Copy {
  /** The content, where it is here already, with every byte verified. */
  kept: LocalDag | null
  /** Whether a copy here is damaged. */
  isDamaged: boolean
  /**
   * The content, from another copy where it is not here. That takes the place of a damaged one.
   *
   * @throws ServiceError `content_unreachable`, `content_damaged`, `cache_disk_full`
   */
  open(): Promise<LocalDag>
}

/** A clip, and its CID of which the content is a part. */
interface Source {
  clip: Clip
  root: string
}

/**
 * Finds the content of `cid` (in canonical form); `null` where this service never stored it.
 *
 * @throws ServiceError `deleted`; `content_damaged` where a copy here is damaged, and no record says who has another one
 * @throws CatalogError when the catalog fails
 */
export async function findContent(services: Services, cid: string): Promise<FoundContent | null> {
  const { catalog, blockStore, blockCache } = services
  const clip = await catalog.pins.clipOf(cid)
  if (clip) return { clip, look: () => lookFor(services, cid, { clip, root: cid }) }
  const root = (await blockStore.rootOf(cid)) ?? (await blockCache.rootOf(cid))
  // Copies may still be here, and not all of those that are elsewhere can be deleted.
  if (await catalog.deletions.hasContent(root ?? cid)) throw deletedError({ deletedAt: null })
  const whole = root && root !== cid ? await catalog.pins.clipOf(root) : null
  if (whole && root) {
    const copy = await lookFor(services, cid, { clip: whole, root })
    return { clip: null, look: async () => copy }
  }
  const copies = await copiesHere(services, cid)
  const kept = copies.find((copy) => copy !== null && copy !== 'damaged')
  if (kept) return { clip: null, look: async () => here(kept) }
  if (copies.includes('damaged')) throw damaged()
  return null
}

/** The copy in the repository, and the one in the cache. */
async function copiesHere(services: Services, cid: string) {
  const stored = await openCopy(services, services.blockStore, cid)
  if (stored && stored !== 'damaged') return [stored]
  return [stored, await openCopy(services, services.blockCache, cid)]
}

async function lookFor(services: Services, cid: string, { clip, root }: Source): Promise<Copy> {
  const { blockStore, blockCache } = services
  const [stored, cached] = await copiesHere(services, cid)
  if (stored && stored !== 'damaged') return here(stored)
  const isDamaged = stored === 'damaged' || cached === 'damaged'
  // What is in the cache mends what is in the repository.
  if (cached && cached !== 'damaged' && !isDamaged) return here(cached)
  const wanted = { clip, root, isDamaged, sink: stored === 'damaged' ? blockStore : blockCache }
  return { kept: null, isDamaged, open: () => fetchOnce(services, wanted, cid) }
}

const here = (kept: LocalDag): Copy => ({ kept, isDamaged: false, open: async () => kept })

/** A copy that cannot be read counts as missing: a provider may have it. */
async function openCopy(
  { log }: Services,
  place: Pick<BlockStore, 'open'>,
  cid: string,
): Promise<LocalDag | 'damaged' | null> {
  try {
    return await place.open(cid)
  } catch (error) {
    log.error({ cid, error: describeError(error) }, 'A clip in the repository cannot be read')
    const isBadDisk = (error as NodeJS.ErrnoException).code === 'EIO'
    return isBadDisk || WrongContentError.isInstance(error) ? 'damaged' : null
  }
}

/** Fetches the clip, once for all who ask at the same time, and opens its block `cid`. */
async function fetchOnce(services: Services, wanted: Wanted, cid: string): Promise<LocalDag> {
  const { contentFetches } = services.inFlight
  const { root } = wanted
  const fetching =
    contentFetches.get(root) ??
    services.tasks.track(fetchClip(services, wanted)).finally(() => contentFetches.delete(root))
  contentFetches.set(root, fetching)
  const copy = await openCopy(services, await fetching, cid)
  if (copy && copy !== 'damaged') return copy
  throw unreachable('It is not a block of the clip to which the block store assigned it')
}

/** Returns where the clip is now. */
async function fetchClip(services: Services, wanted: Wanted): Promise<Wanted['sink']> {
  const { blockCache } = services
  const { clip, isDamaged } = wanted
  // A plain file is on disk twice until its CID is known.
  const neededBytes = 2 * clip.sizeBytes
  try {
    return await blockCache
      .withRoom(neededBytes, () => copyInto(services, wanted))
      .catch((error: unknown) => {
        if (!isDiskFull(error) || clip.sizeBytes > IN_MEMORY_BYTES) throw error
        return copyInto(services, { ...wanted, sink: createMemoryBlocks() })
      })
  } catch (cause) {
    if (isDiskFull(cause)) throw cacheFull(cause)
    if (!(cause instanceof AggregateError)) throw cause
    throw isDamaged ? damaged(cause) : unreachable('No IPFS gateway delivers it at the moment', cause)
  }
}

/** Copies the clip to where it is wanted. @throws AggregateError with what each gateway did */
async function copyInto(services: Services, wanted: Wanted): Promise<Wanted['sink']> {
  if (!(await copyFromHere(services, wanted))) await copyFromGateways(services, wanted)
  return wanted.sink
}

/** Copies the clip from the temporary store or the cache; `false` where neither has the right bytes. */
async function copyFromHere(services: Services, { clip, root, sink }: Wanted): Promise<boolean> {
  const { blockCache, blockStore, log, store, tasks } = services
  const { signal } = tasks
  const copies = [
    async () => (clip.hasLocalBytes ? store.blob(clip.id) : null),
    async () => (sink === blockStore ? ((await blockCache.open(root))?.file() ?? null) : null),
  ]
  for (const open of copies) {
    try {
      const file = await open()
      if (!file) continue
      await putFile(sink, root, file, { signal })
      return true
    } catch (error) {
      if (signal.aborted || isDiskFull(error)) throw error
      log.error({ clipId: clip.id, error: describeError(error) }, 'The bytes of a clip here cannot be used')
    }
  }
  return false
}

function unreachable(message: string, cause?: unknown) {
  return new ServiceError('content_unreachable', message, { cause, retryAfterMs: 30_000 })
}

function damaged(cause?: unknown) {
  const message = 'The copy of it here is damaged, and nobody else delivers it at the moment'
  return new ServiceError('content_damaged', message, { cause, retryAfterMs: 60_000 })
}

function cacheFull(cause: unknown) {
  const message = 'The disk of the gateway’s cache is full, so that it cannot be fetched from another gateway'
  return new ServiceError('cache_disk_full', message, { cause, retryAfterMs: 60_000 })
}
