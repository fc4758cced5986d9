import { CarBlockIterator } from '@ipld/car'
import { exporter } from 'ipfs-unixfs-exporter'
import { importer } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'
import { Refusal } from './vendor.ts'

/** Content as a vendor takes it in. */
export interface Content {
  cid: string
  bytes: Uint8Array
}

/**
 * Reads a CAR (v1) with one root, checks every block against its CID and puts the root's file together.
 *
 * @throws Refusal with status 400 for anything that is not such a CAR.
 */
export async function readCar(car: Uint8Array): Promise<Content> {
  try {
    const blocks = await CarBlockIterator.fromBytes(car)
    const [root, ...others] = await blocks.getRoots()
    if (!root || others.length > 0) throw new Error('a CAR needs exactly one root')
    const byHash = new Map<string, Uint8Array>()
    for await (const { cid, bytes } of blocks) {
      const digest = await sha256.digest(bytes)
      if (CID.create(cid.version, cid.code, digest).toString() !== cid.toString()) {
        throw new Error(`block ${cid} does not have that hash`)
      }
      byHash.set(cid.toString(), bytes)
    }
    return { cid: root.toString(), bytes: await readFile(root, byHash) }
  } catch (error) {
    throw new Refusal(400, `malformed CAR: ${error instanceof Error ? error.message : error}`)
  }
}

async function readFile(root: unknown, blocks: Map<string, Uint8Array>): Promise<Uint8Array> {
  const blockstore = {
    async *get(cid: { toString(): string }) {
      const bytes = blocks.get(cid.toString())
      if (!bytes) throw new Error(`block ${cid} is missing`)
      yield bytes
    },
  }
  const entry = await exporter(`${root}`, blockstore as unknown as Parameters<typeof exporter>[1])
  const chunks: Uint8Array[] = []
  if (entry.type !== 'file' && entry.type !== 'raw') throw new Error(`the root is a ${entry.type}`)
  for await (const chunk of entry.content()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Chunks a plain file as a vendor does and gives its CID (version 1, raw leaves). */
export async function importFile(bytes: Uint8Array, chunkBytes: number): Promise<Content> {
  const nowhere = { put: async (cid: CID) => cid }
  const entries = importer([{ content: bytes }], nowhere as unknown as Parameters<typeof importer>[1], {
    cidVersion: 1,
    rawLeaves: true,
    chunker: fixedSize({ chunkSize: chunkBytes }),
  })
  for await (const entry of entries) return { cid: entry.cid.toString(), bytes }
  throw new Refusal(400, 'nothing to add')
}
