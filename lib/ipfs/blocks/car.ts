import { createWriter, headerLength } from '@ipld/car/buffer-writer'
import { type ImporterOptions, importByteStream, type WritableStorage } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { balanced } from 'ipfs-unixfs-importer/layout'
import { type CID, varint } from 'multiformats'
import * as raw from 'multiformats/codecs/raw'
import { chunksOf } from '#lib/platform/blob-chunks.ts'

type ByteStream = AsyncIterable<Uint8Array>

// One block at a time: hashing is synchronous, so more (50 by default) would cost memory and save no time. It also keeps
// the leaves in the order of the file.
const oneByOne: ImporterOptions = { blockWriteConcurrency: 1 }

/** Up to this size a file is a single block, so that it has the same CID with both ways of chunking. */
export const LEGACY_CHUNK_BYTES = 256 * 1024

// The importer writes its defaults into the options object it is given, so each call gets one of its own.
const profileOptions = (): ImporterOptions => ({ ...oneByOne, profile: 'unixfs-v1-2025' })
const legacyOptions = (): ImporterOptions => ({
  ...oneByOne,
  cidVersion: 1,
  rawLeaves: true,
  chunker: fixedSize({ chunkSize: LEGACY_CHUNK_BYTES }),
  layout: balanced({ maxChildrenPerNode: 174 }),
})

const discardBlocks: WritableStorage = { put: (cid) => cid }

/**
 * Computes the CID that `bytes` have as a file under UnixFS profile `unixfs-v1-2025`, and counts them.
 *
 * Reads the stream once and holds about one chunk (1 MiB) of it.
 *
 * @see https://github.com/ipfs/specs/pull/499 (IPIP-499)
 * @throws whatever `bytes` throws.
 */
export async function computeCid(bytes: ByteStream): Promise<{ cid: string; sizeBytes: number }> {
  let sizeBytes = 0
  async function* counted() {
    for await (const chunk of bytes) {
      sizeBytes += chunk.byteLength
      yield chunk
    }
  }
  const { cid } = await importByteStream(counted(), discardBlocks, profileOptions())
  return { cid: cid.toString(), sizeBytes }
}

/**
 * The CID that services which chunk plain files in the older way give to `file`: CIDv1, raw leaves, chunks of
 * 256 KiB, 174 links a node. It differs from `computeCid`'s above 256 KiB.
 *
 * @throws when the file's bytes cannot be read.
 */
export async function legacyCid(file: Blob): Promise<string> {
  const { cid } = await importByteStream(chunksOf(file), discardBlocks, legacyOptions())
  return cid.toString()
}

/**
 * Packs `file` as a CAR (v1) whose only root is the file's CID under UnixFS profile `unixfs-v1-2025`: first the
 * leaves in the order of the file, each once, then the nodes above them.
 *
 * Reads the file once to hash it. The bytes are not copied: the CAR is a blob that refers to slices of `file`,
 * with little of its own between them, and streams from wherever `file` does.
 *
 * `as: 'legacy'` packs it in the way that `legacyCid` describes.
 *
 * @see https://ipld.io/specs/transport/car/carv1/
 * @throws when the file's bytes cannot be read.
 */
export async function packCar(
  file: Blob,
  { as = 'profile' }: { as?: 'profile' | 'legacy' } = {},
): Promise<{ cid: string; car: Blob }> {
  const parts: BlobPart[] = []
  const packed = new Set<string>()
  let offset = 0
  const put = (cid: CID, bytes: Uint8Array) => {
    const isLeaf = cid.code === raw.code
    const start = offset
    if (isLeaf) offset += bytes.byteLength
    const key = cid.toString()
    if (packed.has(key)) return cid
    packed.add(key)
    parts.push(toPart(frameStart(cid, bytes.byteLength)), isLeaf ? file.slice(start, offset) : toPart(bytes))
    return cid
  }
  const importerOptions = as === 'legacy' ? legacyOptions : profileOptions
  // The importer hands over every block whole; only the interface allows for streams.
  const { cid } = await importByteStream(chunksOf(file), { put } as WritableStorage, importerOptions())
  return {
    cid: cid.toString(),
    car: new Blob([toPart(carHeader(cid)), ...parts], { type: 'application/vnd.ipld.car' }),
  }
}

/** The header of a CAR (v1) whose only root is `root`. */
export function carHeader(root: CID): Uint8Array {
  const roots = [root]
  return createWriter(new ArrayBuffer(headerLength({ roots })), { roots }).close()
}

/** What stands before a block's bytes in a CAR: the length of CID and bytes together, and the CID. */
export function frameStart(cid: CID, sizeBytes: number): Uint8Array {
  const frameSizeBytes = cid.byteLength + sizeBytes
  const lengthBytes = varint.encodingLength(frameSizeBytes)
  const start = new Uint8Array(lengthBytes + cid.byteLength)
  varint.encodeTo(frameSizeBytes, start)
  start.set(cid.bytes, lengthBytes)
  return start
}

// TypeScript's Blob takes no shared buffers, and nothing here uses any.
const toPart = (bytes: Uint8Array) => bytes as Uint8Array<ArrayBuffer>
