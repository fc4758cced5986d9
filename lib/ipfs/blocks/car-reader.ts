import { createHash } from 'node:crypto'
import { CID, varint } from 'multiformats'
import { markedError } from '#lib/platform/errors.ts'
import { MEBIBYTE } from '#lib/platform/units.ts'

/** IPFS nodes exchange no blocks above 2 MiB, and ours have at most 1 MiB; the CID before the block comes on top. */
export const MAX_FRAME_BYTES = 2 * MEBIBYTE + 128
const MAX_HEADER_BYTES = 64 * 1024
const MAX_VARINT_BYTES = 9
const SHA2_256 = 0x12

/** The bytes do not match their CID, or are not a valid CAR. */
export class WrongContentError extends markedError('WrongContentError') {}

export interface Block {
  cid: CID
  bytes: Uint8Array
}

/**
 * Yields the blocks of a CAR (v1) as they arrive, each verified against its CID. Holds one block at a time. Ignores the
 * roots in the header, since the reader knows which CID it asked for.
 *
 * @see https://ipld.io/specs/transport/car/carv1/
 * @throws WrongContentError at the first byte that is wrong; whatever `source` throws
 */
export async function* readCar(source: AsyncIterable<Uint8Array>): AsyncGenerator<Block, void> {
  const reader = createByteReader(source)
  try {
    const headerBytes = await reader.varint()
    if (headerBytes === undefined) throw new WrongContentError('The CAR is empty')
    if (headerBytes > MAX_HEADER_BYTES) throw new WrongContentError('Not a CAR')
    await reader.bytes(headerBytes)
    for (;;) {
      const frameBytes = await reader.varint()
      if (frameBytes === undefined) return
      if (frameBytes > MAX_FRAME_BYTES) {
        throw new WrongContentError(
          `The CAR has a block of ${frameBytes} bytes, more than a block of a clip may have`,
        )
      }
      yield checkedBlock(await reader.bytes(frameBytes))
    }
  } finally {
    await reader.close()
  }
}

function checkedBlock(frame: Uint8Array): Block {
  const [cid, bytes] = decodeCid(frame)
  checkBlock(cid, bytes)
  return { cid: cid.toV1(), bytes }
}

/** @throws WrongContentError unless `bytes` are what `cid` names */
export function checkBlock(cid: CID, bytes: Uint8Array): void {
  if (cid.multihash.code !== SHA2_256) throw new WrongContentError(`${cid} has a hash other than sha2-256`)
  const digest = createHash('sha256').update(bytes).digest()
  if (!digest.equals(cid.multihash.digest))
    throw new WrongContentError(`The bytes of block ${cid} do not match its hash`)
}

function decodeCid(frame: Uint8Array): [CID, Uint8Array] {
  try {
    return CID.decodeFirst(frame)
  } catch (cause) {
    throw new WrongContentError('The CAR has a block without a CID', { cause })
  }
}

/** Reads a stream in pieces whose length the reader chooses. */
function createByteReader(source: AsyncIterable<Uint8Array>) {
  const iterator = source[Symbol.asyncIterator]()
  let buffered: Uint8Array[] = []
  let bufferedBytes = 0

  /** Buffers at least `count` bytes, fewer at the end of the stream. */
  async function fill(count: number): Promise<void> {
    while (bufferedBytes < count) {
      const next = await iterator.next()
      if (next.done) return
      buffered.push(next.value)
      bufferedBytes += next.value.byteLength
    }
  }

  function take(count: number): Uint8Array {
    const whole = buffered.length === 1 ? (buffered[0] as Uint8Array) : Buffer.concat(buffered)
    buffered = [whole.subarray(count)]
    bufferedBytes = whole.byteLength - count
    return whole.subarray(0, count)
  }

  return {
    async bytes(count: number): Promise<Uint8Array> {
      await fill(count)
      if (bufferedBytes < count) throw new WrongContentError('The CAR is truncated')
      return take(count)
    },

    /** `undefined` at the end of the stream. */
    async varint(): Promise<number | undefined> {
      await fill(MAX_VARINT_BYTES)
      if (bufferedBytes === 0) return undefined
      const start = take(Math.min(bufferedBytes, MAX_VARINT_BYTES))
      try {
        const [value, length] = varint.decode(start)
        buffered.unshift(start.subarray(length))
        bufferedBytes += start.byteLength - length
        return value
      } catch (cause) {
        throw new WrongContentError('Not a CAR', { cause })
      }
    },

    async close() {
      await iterator.return?.()
    },
  }
}
