import { CID } from 'multiformats'
import type { IpniChainRow } from '#lib/catalog/schema.ts'
import type { Services } from '#lib/context.ts'
import { walk } from '#lib/ipfs/blocks/unixfs.ts'
import { advertisementOf, type Statement } from '#lib/ipfs/ipni/advertisement.ts'
import type { IpniBlock } from '#lib/ipfs/ipni/block.ts'
import { entryChunksOf } from '#lib/ipfs/ipni/entries.ts'
import type { Identity } from '#lib/ipfs/ipni/identity.ts'
import type { IpniPublisher } from '#lib/ipfs/ipni/publisher.ts'
import { describeError } from '#lib/platform/errors.ts'
import { announceHead } from './announce-head.ts'

/** One advertisement is removed as a whole, and what is left of it advertised again: it must not be too large. */
const CLIPS_PER_ADVERTISEMENT = 500

/**
 * Appends to the chain of IPNI advertisements what has come into the block store of the provider `embedded`, or has left
 * it, then tells the indexer of the new head. Any number of processes may call this at once: the head moves from one to
 * the next by one of them only. Does nothing without `IPNI_ANNOUNCE`.
 *
 * @throws CatalogError when the catalog fails; nothing of a step is then in the chain
 */
export async function advertise(services: Services): Promise<void> {
  const { catalog, clock, inFlight, ipni, tasks } = services
  if (!ipni) return
  const identity = await ipni.identity()
  const known = await catalog.ipni.chain()
  if (!inFlight.hasBegunChain || known?.peerId !== identity.peerId) {
    await catalog.ipni.begin(identity.peerId, clock.now())
    inFlight.hasBegunChain = true
  }
  while (!tasks.signal.aborted) {
    const chain = await catalog.ipni.chain()
    if (!chain || !(await appendStep(services, { ipni, identity, chain }))) break
  }
  await announceHead(services, identity)
}

/** Appends one step. `false`: there is nothing to tell, or another process tells it. */
async function appendStep(
  services: Services,
  { ipni, identity, chain }: { ipni: IpniPublisher; identity: Identity; chain: IpniChainRow },
): Promise<boolean> {
  const { catalog, clock, log } = services
  const { address } = ipni
  const { changes, neighbours } = await catalog.ipni.due(CLIPS_PER_ADVERTISEMENT)
  const hasMoved = chain.head !== null && chain.address !== address
  if (changes.length === 0 && !hasMoved) return false

  const gone = new Set(changes.filter(({ isHeld }) => !isHeld).map(({ cid }) => cid))
  const removedContexts = new Set(changes.flatMap(({ cid, context }) => (gone.has(cid) && context) || []))
  const left = neighbours.filter(({ context, cid }) => removedContexts.has(context) && !gone.has(cid))
  const fresh = changes.filter(({ isHeld, context }) => isHeld && !context)
  const groups = await groupsOf(
    services,
    [...left, ...fresh].map(({ cid }) => cid),
  )

  const statements: Statement[] = [
    ...[...removedContexts].map((context) => ({ type: 'remove', context: CID.parse(context) }) as const),
    // The CID of the entries is a context of its own: no two advertisements have the same ones.
    ...groups.map(({ entries }) => ({ type: 'add', context: entries.cid, entries: entries.cid }) as const),
  ]
  if (statements.length === 0 && hasMoved) statements.push({ type: 'move' })
  const advertisements = await chained(statements, { identity, address, head: chain.head })
  const head = advertisements.at(-1)?.cid.toString() ?? chain.head
  const isAppended = await catalog.ipni.append({
    previous: chain.head,
    head,
    address,
    blocks: [...groups.flatMap(({ entries }) => entries.blocks), ...advertisements],
    changes,
    removedContexts: [...removedContexts],
    added: groups.flatMap(({ cids, entries }) =>
      cids.map((cid) => ({ cid, context: entries.cid.toString() })),
    ),
    now: clock.now(),
  })
  if (isAppended) log.info({ head, added: fresh.length, removed: gone.size }, 'Advertised')
  return isAppended
}

/** Content that is advertised together, with the hashes of all its blocks. What is not in the block store is left out. */
async function groupsOf(services: Services, cids: string[]) {
  const groups: { cids: string[]; entries: Awaited<ReturnType<typeof entryChunksOf>> }[] = []
  for (let start = 0; start < cids.length; start += CLIPS_PER_ADVERTISEMENT) {
    const present: string[] = []
    const blocks: CID[] = []
    for (const cid of cids.slice(start, start + CLIPS_PER_ADVERTISEMENT)) {
      const own = await blocksOf(services, cid)
      if (own.length > 0) present.push(cid)
      blocks.push(...own)
    }
    if (present.length > 0) groups.push({ cids: present, entries: await entryChunksOf(blocks) })
  }
  return groups
}

async function blocksOf({ blockStore, log }: Services, cid: string): Promise<CID[]> {
  try {
    const kept = await blockStore.open(cid)
    return kept ? [...walk(kept.dag)].map((node) => node.cid) : []
  } catch (error) {
    // The audit repairs it, which makes it due again.
    log.error({ cid, error: describeError(error) }, 'A clip in the repository cannot be advertised')
    return []
  }
}

async function chained(
  statements: Statement[],
  { identity, address, head }: { identity: Identity; address: string; head: string | null },
): Promise<IpniBlock[]> {
  const blocks: IpniBlock[] = []
  for (const statement of statements) {
    const previous = blocks.at(-1)?.cid ?? (head === null ? null : CID.parse(head))
    blocks.push(await advertisementOf(statement, { identity, address, previous }))
  }
  return blocks
}
