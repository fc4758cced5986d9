import type { CID } from 'multiformats'
import { blockOf, type IpniBlock } from './block.ts'

/**
 * About 130 KB in DAG-JSON, which take some 20 ms to encode. Indexers take chunks of up to 4 MB, and 400 of them: at a
 * mebibyte a block that is 800 GB of audio.
 */
const MULTIHASHES_PER_CHUNK = 2000

/**
 * The multihashes of `cids`, each once, as a chain of `EntryChunk`s. `cid` is that of the first.
 *
 * @see https://github.com/ipni/specs/blob/main/IPNI.md#entrychunk-chain
 */
export async function entryChunksOf(cids: Iterable<CID>): Promise<{ cid: CID; blocks: IpniBlock[] }> {
  const hashes = new Map<string, Uint8Array>()
  for (const { multihash } of cids) hashes.set(Buffer.from(multihash.bytes).toString('hex'), multihash.bytes)
  const all = [...hashes.values()]
  const blocks: IpniBlock[] = []
  for (let start = 0; start === 0 || start < all.length; start += MULTIHASHES_PER_CHUNK) {
    const next = blocks.at(-1)?.cid
    const chunk = { Entries: all.slice(start, start + MULTIHASHES_PER_CHUNK), ...(next && { Next: next }) }
    blocks.push(await blockOf(chunk))
  }
  return { cid: (blocks.at(-1) as IpniBlock).cid, blocks }
}
