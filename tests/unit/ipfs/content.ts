import { CarReader } from '@ipld/car'
import { exporter, type ReadableStorage } from 'ipfs-unixfs-exporter'
import { sha256 } from 'multiformats/hashes/sha2'
import { packCar } from '#lib/ipfs/blocks/car.ts'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { seededRandom } from '../../support/random.ts'

/** Bytes that look random and are the same for the same `seed`. */
export function someBytes(sizeBytes: number, seed = 1): Uint8Array<ArrayBuffer> {
  const random = seededRandom(seed)
  const words = new Uint32Array(Math.ceil(sizeBytes / 4))
  for (let index = 0; index < words.length; index += 1) words[index] = random() * 2 ** 32
  return new Uint8Array(words.buffer, 0, sizeBytes)
}

/** A clip ready for upload. */
export async function someContent(sizeBytes: number, seed = 1): Promise<IpfsContent> {
  const file = new Blob([someBytes(sizeBytes, seed)], { type: 'audio/mpeg' })
  return { ...(await packCar(file)), file, fileName: 'clip.mp3', mimeType: 'audio/mpeg' }
}

export async function bytesOf(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer())
}

/** Reads a CAR as a receiver would: checks every block against its CID and puts the root's file together. */
export async function openCar(car: Uint8Array) {
  const reader = await CarReader.fromBytes(car)
  const blocks: { cid: string; codec: number; sizeBytes: number }[] = []
  for await (const { cid, bytes } of reader.blocks()) {
    const { digest } = await sha256.digest(bytes)
    if (!Buffer.from(digest).equals(cid.multihash.digest)) throw new Error(`${cid} names other bytes`)
    blocks.push({ cid: cid.toString(), codec: cid.code, sizeBytes: bytes.byteLength })
  }
  const roots = await reader.getRoots()
  const [root] = roots
  if (root === undefined) throw new Error('The CAR has no root')
  const store = {
    async *get(cid: typeof root) {
      const block = await reader.get(cid)
      if (block === undefined) throw new Error(`The CAR lacks ${cid}`)
      yield block.bytes
    },
  } as ReadableStorage
  const entry = await exporter(root, store)
  const chunks: Uint8Array[] = []
  if (entry.type !== 'file' && entry.type !== 'raw') throw new Error(`The root is a ${entry.type}`)
  for await (const chunk of entry.content()) chunks.push(chunk)
  return {
    roots: roots.map((cid) => cid.toString()),
    blocks,
    file: new Uint8Array(Buffer.concat(chunks)),
  }
}
