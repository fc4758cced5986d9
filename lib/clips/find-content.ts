import type { Services } from '#lib/context.ts'
import type { LocalDag } from '#lib/ipfs/blocks/block-store.ts'
import { WrongContentError } from '#lib/ipfs/blocks/car-reader.ts'
import { fetchContent, putFile, spoolDirectoryOf } from '#lib/ipfs/blocks/fetch-content.ts'
import type { Clip } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { withTimeLimit } from '#lib/platform/clock.ts'
import { describeError } from '#lib/platform/errors.ts'
import { hedgedRace } from '#lib/platform/hedged-race.ts'

/** How long a gateway may take before the next one is asked as well. */
const STAGGER_MS = 700

/** Content that this service has stored: a clip, by any of its CIDs, or a block of a clip. */
export interface FoundContent {
  /** The clip, where the CID is one of its own and not that of a block. */
  clip: Clip | null
  /** The content, where it is here already. */
  kept: LocalDag | null
  /** The content, fetched from a gateway where it is not here. @throws ServiceError `content_unreachable` */
  open(): Promise<LocalDag>
}

/**
 * Finds the content of `cid` (in canonical form); `null` where this service never stored it.
 *
 * @throws CatalogError when the catalog fails
 */
export async function findContent(services: Services, cid: string): Promise<FoundContent | null> {
  const { catalog, blockStore, blockCache } = services
  const clip = await catalog.pins.clipOf(cid)
  const kept = (await openUndamaged(services, cid)) ?? (await blockCache.open(cid))
  if (clip || kept)
    return { clip, kept, open: async () => kept ?? fetchOnce(services, clip as Clip, cid, cid) }
  const root = (await blockStore.rootOf(cid)) ?? (await blockCache.rootOf(cid))
  const whole = root && root !== cid ? await catalog.pins.clipOf(root) : null
  return whole && root ? { clip: null, kept: null, open: () => fetchOnce(services, whole, root, cid) } : null
}

/** The content in our own repository. A damaged clip counts as missing: a provider may have it. */
async function openUndamaged({ blockStore, log }: Services, cid: string): Promise<LocalDag | null> {
  try {
    return await blockStore.open(cid)
  } catch (error) {
    log.error({ cid, error: describeError(error) }, 'A clip in the repository cannot be read')
    return null
  }
}

/** Fetches the clip into the cache, once for all who ask at the same time, and opens its block `cid`. */
async function fetchOnce(services: Services, clip: Clip, root: string, cid: string): Promise<LocalDag> {
  const { contentFetches } = services.inFlight
  const fetching =
    contentFetches.get(root) ??
    services.tasks.track(fetchClip(services, clip, root)).finally(() => contentFetches.delete(root))
  contentFetches.set(root, fetching)
  await fetching
  const kept = await services.blockCache.open(cid)
  if (kept) return kept
  throw unreachable('It is not a block of the clip to which the block store assigned it')
}

async function fetchClip(services: Services, clip: Clip, root: string): Promise<void> {
  const { blockCache, clock, config, store, tasks } = services
  const { signal } = tasks
  const here = clip.hasLocalBytes ? await store.blob(clip.id) : null
  if (here) return putFile(blockCache, root, here, { signal })
  const sources = await sourcesOf(services, clip, root)
  const attempts = sources.map(
    (source) => (stop: AbortSignal) =>
      withTimeLimit((limited) => fetchFrom(services, source, { clip, root, signal: limited }), {
        clock,
        timeoutMs: config.ipfs.attemptTimeoutMs,
        timeoutError: () => new Error('No answer in time'),
        signal: stop,
      }).catch((error: unknown) => {
        if (!stop.aborted) reportFailure(services, source, error)
        throw error
      }),
  )
  await hedgedRace(attempts, { clock, staggerMs: STAGGER_MS, signal }).catch((cause: unknown) => {
    throw unreachable('No IPFS gateway delivers it at the moment', cause)
  })
}

/** A gateway, and the CID under which it has the clip. */
interface Source {
  gatewayUrl: string
  cid: string
}

/** The gateways of the providers that hold the clip, then all others; each once. */
async function sourcesOf(
  { catalog, config, providers }: Services,
  clip: Clip,
  root: string,
): Promise<Source[]> {
  const pins = await catalog.pins.ofClip(clip.id)
  const gatewayOf = new Map(providers.map(({ name, gatewayUrl }) => [name, gatewayUrl]))
  const own = pins
    .filter(({ lostAt }) => lostAt === null)
    .map(({ provider, cid }) => ({ gatewayUrl: gatewayOf.get(provider), cid }))
  const cids = pins.map(({ cid }) => cid)
  const cid = cids.includes(root) ? root : (cids[0] ?? root)
  const others = [config.ipfs.gatewayUrl, ...config.ipfs.gateways].map((gatewayUrl) => ({ gatewayUrl, cid }))
  const seen = new Set<string>()
  return [...own, ...others].filter((source): source is Source => {
    const key = `${source.gatewayUrl} ${source.cid}`
    return source.gatewayUrl ? !seen.has(key) && Boolean(seen.add(key)) : false
  })
}

/** A provider that chunks in its own way has the clip under another CID: the bytes are packed again under ours then. */
async function fetchFrom(
  { blockCache, config }: Services,
  { gatewayUrl, cid }: Source,
  { clip, root, signal }: { clip: Clip; root: string; signal: AbortSignal },
): Promise<void> {
  const { sizeBytes } = clip
  const spoolDirectory = spoolDirectoryOf(config)
  await fetchContent(blockCache, cid, { gatewayUrl, sizeBytes, spoolDirectory, signal })
  if (cid === root) return
  const kept = await blockCache.open(cid)
  if (kept) await putFile(blockCache, root, await kept.file(), { signal })
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
