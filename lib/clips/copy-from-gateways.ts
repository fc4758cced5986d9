import type { Services } from '#lib/context.ts'
import type { BlockStore } from '#lib/ipfs/blocks/block-store.ts'
import { WrongContentError } from '#lib/ipfs/blocks/car-reader.ts'
import { fetchContent, putFile, spoolDirectoryOf } from '#lib/ipfs/blocks/fetch-content.ts'
import { attemptLimitMs } from '#lib/ipfs/chain/attempt-limit.ts'
import type { Clip } from '#lib/model/clip.ts'
import { withTimeLimit } from '#lib/platform/clock.ts'
import { describeError } from '#lib/platform/errors.ts'
import { hedgedRace } from '#lib/platform/hedged-race.ts'

/** How long a gateway may take before the next one is asked as well. */
const STAGGER_MS = 700

/** A clip, the CID under which it is wanted, and where it is to be put. */
export interface Wanted {
  clip: Clip
  root: string
  isDamaged: boolean
  sink: Pick<BlockStore, 'put' | 'open'>
}

/**
 * Copies the clip from the first gateway that delivers it to where it is wanted.
 *
 * @throws AggregateError with what each gateway did
 */
export async function copyFromGateways(services: Services, wanted: Wanted): Promise<void> {
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
interface Gateway {
  gatewayUrl: string
  cid: string
}

/** The gateways of the providers that hold the clip, then all others, then those of providers that had lost it; each once. */
async function sourcesOf(
  { catalog, config, providers }: Services,
  { clip, root }: Wanted,
): Promise<Gateway[]> {
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
  return [...holders, ...others, ...losers].filter((source): source is Gateway => {
    const key = `${source.gatewayUrl} ${source.cid}`
    return source.gatewayUrl ? !seen.has(key) && Boolean(seen.add(key)) : false
  })
}

/** A provider that chunks in its own way has the clip under another CID: the bytes are packed again under ours then. */
async function fetchFrom(
  { blockCache, blockStore, config }: Services,
  { gatewayUrl, cid }: Gateway,
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

function reportFailure({ log, scrub }: Services, { gatewayUrl, cid }: Gateway, error: unknown) {
  const isWrong = WrongContentError.isInstance(error)
  const facts = { gateway: scrub(new URL(gatewayUrl).host), cid, error: scrub(describeError(error)) }
  if (isWrong) log.error(facts, 'A gateway answered with wrong bytes')
  else log.debug(facts, 'A gateway did not deliver')
}
