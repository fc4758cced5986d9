import type { FileHandle } from 'node:fs/promises'
import { CID, varint } from 'multiformats'
import { MAX_FRAME_BYTES, WrongContentError } from './car-reader.ts'
import { type BlockIndex, isLeaf, linksIn } from './unixfs.ts'

/** Enough for the header and the start of the first block: often all that has to be read. */
const WINDOW_BYTES = 512

/**
 * Indexes the blocks of a CAR file. Reads the start of each block, and the whole of those that are no leaves; checks none
 * of them.
 *
 * @throws WrongContentError when the file is not a valid CAR any more
 */
export async function scanCar(handle: FileHandle): Promise<BlockIndex> {
  const { size: fileBytes } = await handle.stat()
  const index: BlockIndex = new Map()
  const header = await readAt(handle, 0)
  const [headerBytes, lengthBytes] = decodeLength(header)
  let position = lengthBytes + headerBytes
  while (position < fileBytes) {
    const start = position < WINDOW_BYTES / 2 ? header.subarray(position) : await readAt(handle, position)
    const [frameBytes, frameLengthBytes] = decodeLength(start)
    const cid = decodeCid(start.subarray(frameLengthBytes))
    const offset = position + frameLengthBytes + cid.byteLength
    const sizeBytes = frameBytes - cid.byteLength
    if (sizeBytes < 0 || frameBytes > MAX_FRAME_BYTES || offset + sizeBytes > fileBytes) throw damaged()
    const links = isLeaf(cid) ? {} : { links: linksIn(cid, await readAt(handle, offset, sizeBytes)) }
    index.set(cid.toString(), { offset, sizeBytes, ...links })
    position = offset + sizeBytes
  }
  return index
}

async function readAt(handle: FileHandle, position: number, sizeBytes = WINDOW_BYTES): Promise<Uint8Array> {
  const { buffer, bytesRead } = await handle.read(new Uint8Array(sizeBytes), 0, sizeBytes, position)
  return buffer.subarray(0, bytesRead)
}

function decodeLength(bytes: Uint8Array): [number, number] {
  try {
    return varint.decode(bytes)
  } catch (cause) {
    throw damaged(cause)
  }
}

function decodeCid(bytes: Uint8Array): CID {
  try {
    const { size } = CID.inspectBytes(bytes)
    return CID.decode(bytes.subarray(0, size))
  } catch (cause) {
    throw damaged(cause)
  }
}

const damaged = (cause?: unknown) => new WrongContentError('A CAR in the block store is damaged', { cause })
