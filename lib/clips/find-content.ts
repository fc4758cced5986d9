import type { Services } from '#lib/context.ts'
import type { BlockStore, LocalDag } from '#lib/ipfs/blocks/block-store.ts'
import { WrongContentError } from '#lib/ipfs/blocks/car-reader.ts'
import { fetchContent, putFile, spoolDirectoryOf } from '#lib/ipfs/blocks/fetch-content.ts'
import { createMemoryBlocks } from '#lib/ipfs/blocks/memory-blocks.ts'
import { attemptLimitMs } from '#lib/ipfs/chain/attempt-limit.ts'
import type { Clip } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { withTimeLimit } from '#lib/platform/clock.ts'
import { isDiskFull } from '#lib/platform/disk-space.ts'
import { describeError } from '#lib/platform/errors.ts'
import { hedgedRace } from '#lib/platform/hedged-race.ts'
import { MEBIBYTE } from '#lib/platform/units.ts'
import { deletedError } from './deleted-error.ts'

/** How long a gateway may take before the next one is asked as well. */
const STAGGER_MS = 700
/** Where the disk is full, clips up to this size are verified in memory, and not kept: one block holds them. */
const IN_MEMORY_BYTES = MEBIBYTE

/** Content that this service has stored: a clip, by any of its CIDs, or a block of a clip. */
export interface FoundContent {
  /** The clip, where the CID is one of its own and not that of a block. */
  clip: Clip | null
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

/**
 * Finds the content of `cid` (in canonical form); `null` where this service never stored it.
 *
 * @throws ServiceError `deleted`; `content_damaged` where a copy here is damaged, and no record says who has another one
 * @throws CatalogError when the catalog fails
 */
export async function findContent(services: Services, cid: string): Promise<FoundContent | null> {
  const { catalog, blockStore, blockCache } = services
  const clip = await catalog.pins.clipOf(cid)
  const root = clip ? cid : ((await blockStore.rootOf(cid)) ?? (await blockCache.rootOf(cid)))
  // Copies may still be here, and not all of those that are elsewhere can be deleted.
  if (!clip && (await catalog.deletions.hasContent(root ?? cid))) throw deletedError({ deletedAt: null })
  const stored = await openCopy(services, blockStore, cid)
  if (stored && stored !== 'damaged') return foundHere(clip, stored)
  const cached = await openCopy(services, blockCache, cid)
  const whole = clip ?? (root && root !== cid ? await catalog.pins.clipOf(root) : null)
  const isDamaged = stored === 'damaged' || cached === 'damaged'
  // What is in the cache mends what is in the repository, if anybody knows which clip that is.
  if (cached && cached !== 'damaged' && !(isDamaged && whole)) return foundHere(clip, cached)
  if (whole && root) {
    const wanted = { clip: whole, root, isDamaged, sink: stored === 'damaged' ? blockStore : blockCache }
    return { clip, kept: null, isDamaged, open: () => fetchOnce(services, wanted, cid) }
  }
  if (isDamaged) throw damaged()
  return null
}

const foundHere = (clip: Clip | null, kept: LocalDag): FoundContent => ({
  clip,
  kept,
  isDamaged: false,
  open: async () => kept,
})

/** A copy that cannot be read counts as missing: a provider may have it. */
async function openCopy({ log }: Services, place: Pick<BlockStore, 'open'>, cid: string) {
  try {
    return await place.open(cid)
  } catch (error) {
    log.error({ cid, error: describeError(error) }, 'A clip in the repository cannot be read')
    const isBadDisk = (error as NodeJS.ErrnoException).code === 'EIO'
    return isBadDisk || WrongContentError.isInstance(error) ? 'damaged' : null
  }
}

/** A clip, the CID under which it is wanted, and where it is to be put. */
interface Wanted {
  clip: Clip
  root: string
  isDamaged: boolean
  sink: Pick<BlockStore, 'put' | 'open'>
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

async function copyFromGateways(services: Services, wanted: Wanted): Promise<void> {
  const { clock, config, tasks } = services
  const sources = await sourcesOf(services, wanted)
  const attempts = sources.map(
    (source) => (stop: AbortSignal) =>
      withTimeLimit((signal) => fetchFrom(services, source, wanted, signal), {
        clock,
        timeoutMs: attemptLimitMs(config.ipfs.attemptTimeoutMs, wanted.clip.sizeBytes),
        timeoutError: () => new Error('No answer in time'),
        signal: stop,
      }).catch((error: unknown) => {
        if (!stop.aborted) reportFailure(services, source, error)
        throw error
      }),
  )
  await hedgedRace(attempts, { clock, staggerMs: STAGGER_MS, signal: tasks.signal })
}

/** A gateway, and the CID under which it has the clip. */
interface Source {
  gatewayUrl: string
  cid: string
}

/** The gateways of the providers that hold the clip, then all others, then those of providers that had lost it; each once. */
async function sourcesOf(
  { catalog, config, providers }: Services,
  { clip, root }: Wanted,
): Promise<Source[]> {
  const pins = await catalog.pins.ofClip(clip.id)
  const gatewayOf = new Map(providers.map(({ name, gatewayUrl }) => [name, gatewayUrl]))
  const gatewaysOf = (some: typeof pins) =>
    some.map(({ provider, cid }) => ({ gatewayUrl: gatewayOf.get(provider), cid }))
  const holders = gatewaysOf(pins.filter(({ lostAt }) => lostAt === null))
  const losers = gatewaysOf(pins.filter(({ lostAt }) => lostAt !== null))
  const cids = pins.map(({ cid }) => cid)
  const cid = cids.includes(root) ? root : (cids[0] ?? root)
  const others = [config.ipfs.gatewayUrl, ...config.ipfs.gateways].map((gatewayUrl) => ({ gatewayUrl, cid }))
  const seen = new Set<string>()
  return [...holders, ...others, ...losers].filter((source): source is Source => {
    const key = `${source.gatewayUrl} ${source.cid}`
    return source.gatewayUrl ? !seen.has(key) && Boolean(seen.add(key)) : false
  })
}

/** A provider that chunks in its own way has the clip under another CID: the bytes are packed again under ours then. */
async function fetchFrom(
  { blockCache, blockStore, config }: Services,
  { gatewayUrl, cid }: Source,
  { clip: { sizeBytes }, root, sink }: Wanted,
  signal: AbortSignal,
): Promise<void> {
  const spoolDirectory = spoolDirectoryOf(config)
  const place = cid !== root && sink === blockStore ? blockCache : sink
  await fetchContent(place, cid, { gatewayUrl, sizeBytes, spoolDirectory, signal })
  if (cid === root) return
  const kept = await place.open(cid)
  if (kept) await putFile(sink, root, await kept.file(), { signal })
}

function reportFailure({ log, scrub }: Services, { gatewayUrl, cid }: Source, error: unknown) {
  const isWrong = WrongContentError.isInstance(error)
  const facts = { gateway: scrub(new URL(gatewayUrl).host), cid, error: scrub(describeError(error)) }
  if (isWrong) log.error(facts, 'A gateway answered with wrong bytes')
  else log.debug(facts, 'A gateway did not deliver')
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
