import { createHash } from 'node:crypto'
import { createWriter, headerLength } from '@ipld/car/buffer-writer'
import { type CID, varint } from 'multiformats'
import { chunksOf } from '#lib/platform/blob-chunks.ts'
import { createFileHash, type FileDag, type FileHash, type FileLayout, legacyLayout } from './file-dag.ts'

type ByteStream = AsyncIterable<Uint8Array>

/** Up to this size a file is a single block, so that it has the same CID with both ways of chunking. */
export const LEGACY_CHUNK_BYTES = legacyLayout.leafBytes

/** Hashes a file as its bytes come, under UnixFS profile `unixfs-v1-2025` or another `layout`. */
export const hashOfFile = (layout?: FileLayout): FileHash =>
  createFileHash(() => createHash('sha256'), layout)

/** The blocks of a file whose bytes can be read, each hashed as it is read. @throws whatever `bytes` throws */
export async function dagOf(bytes: ByteStream, layout?: FileLayout): Promise<FileDag> {
  const hash = hashOfFile(layout)
  for await (const chunk of bytes) hash.update(chunk)
  return hash.finish()
}

/**
 * Computes the CID that `bytes` have as a file under UnixFS profile `unixfs-v1-2025`, and counts them.
 *
 * @throws whatever `bytes` throws.
 */
export async function computeCid(bytes: ByteStream): Promise<{ cid: string; sizeBytes: number }> {
  const { root, sizeBytes } = await dagOf(bytes)
  return { cid: root.toString(), sizeBytes }
}

/**
 * The CID that services which chunk plain files in the older way give to `file`: CIDv1, raw leaves, chunks of
 * 256 KiB, 174 links a node. It differs from `computeCid`'s above 256 KiB.
 *
 * @throws when the file's bytes cannot be read.
 */
export async function legacyCid(file: Blob): Promise<string> {
  return (await dagOf(chunksOf(file), legacyLayout)).root.toString()
}

/**
 * Packs `file`, whose blocks are those of `dag`, as a CAR (v1) with its root: first the leaves in the order of the file, each
 * once, then the nodes above them.
 *
 * Reads nothing: the CAR is a blob that refers to slices of `file`, with little of its own between them, and streams from
 * wherever `file` does.
 *
 * @see https://ipld.io/specs/transport/car/carv1/
 */
export function packAs({ root, leaves, nodes }: FileDag, file: Blob): Blob {
  const parts: BlobPart[] = [toPart(carHeader(root))]
  const packed = new Set<string>()
  function pack(cid: CID, sizeBytes: number, block: BlobPart) {
    const key = cid.toString()
    if (!packed.has(key)) parts.push(toPart(frameStart(cid, sizeBytes)), block)
    packed.add(key)
  }
  let offset = 0
  for (const { cid, sizeBytes } of leaves) {
    pack(cid, sizeBytes, file.slice(offset, offset + sizeBytes))
    offset += sizeBytes
  }
  for (const { cid, bytes } of nodes) pack(cid, bytes.byteLength, toPart(bytes))
  return new Blob(parts, { type: 'application/vnd.ipld.car' })
}

/**
 * Packs `file` as a CAR under its CID, for which it reads the file once. `as: 'legacy'`: in the way that `legacyCid`
 * describes.
 *
 * @throws when the file's bytes cannot be read.
 */
export async function packCar(
  file: Blob,
  { as = 'profile' }: { as?: 'profile' | 'legacy' } = {},
): Promise<{ cid: string; car: Blob }> {
  const dag = await dagOf(chunksOf(file), as === 'legacy' ? legacyLayout : undefined)
  return { cid: dag.root.toString(), car: packAs(dag, file) }
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
