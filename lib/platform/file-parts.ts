import * as fs from 'node:fs'
import { promisify } from 'node:util'
import { type ByteIterator, bytesInMemory } from './byte-iterator.ts'
import { keepRecent, recentFile } from './recent-files.ts'
import { fileVersion } from './verified-files.ts'

/** One read takes as much: many small ones cost more than the bytes, and each who reads slowly has one in memory. */
const PIECE_BYTES = 256 * 1024

/** A range of bytes in a file. */
export interface Extent {
  offset: number
  sizeBytes: number
}

/** Bytes in memory, or a range of a file. */
export type Part = Uint8Array | Extent

// Calls that read nothing of an open file are made at once: they take less than the way to another thread and back.
const open = promisify(fs.open)
const read = promisify(fs.read)

type PartsOf = (
  facts: fs.BigIntStats,
  readAll: () => AsyncIterable<Uint8Array>,
) => readonly Part[] | Promise<readonly Part[]>

/**
 * Reads of the file `place` the parts that `partsOf` names. It gets the facts of the very file that is read, and `readAll`
 * reads the whole of it. Up to 256 KiB are read at once. A file of that size stays in memory (`recentFile`), and is not even
 * opened the next time. What is larger is read piece by piece, when it is asked for, into the memory of a piece that is
 * handed back: no file is open before the first piece, and after the last.
 *
 * @throws what opening the file, `partsOf` and reading throw; Error where the file is shorter, or another one meanwhile
 */
export async function readFileParts(place: string, partsOf: PartsOf): Promise<ByteIterator> {
  const recent = recentFile(place)
  if (recent) {
    const { facts, content } = recent
    const parts = await partsOf(facts, () => bytesInMemory(content))
    return bytesInMemory(cut(content, parts))
  }
  const file = await open(place, 'r')
  try {
    const facts = fs.fstatSync(file, { bigint: true })
    const whole = { offset: 0, sizeBytes: Number(facts.size) }
    const parts = await partsOf(facts, () => readOpen(file, [whole]))
    const wantedBytes = partsSizeBytes(parts)
    if (wantedBytes === 0) return bytesInMemory(Buffer.alloc(0))
    if (whole.sizeBytes <= PIECE_BYTES) {
      const content = await readWhole(file, [whole])
      keepRecent(place, facts, content)
      return bytesInMemory(cut(content, parts))
    }
    if (wantedBytes > PIECE_BYTES) return readLater(place, fileVersion(facts), parts)
    return bytesInMemory(await readWhole(file, parts))
  } finally {
    fs.closeSync(file)
  }
}

/** The parts of a file of which `content` is the whole. */
function cut(content: Buffer, parts: readonly Part[]): Buffer {
  const pieces = parts.map((part) => {
    if (part instanceof Uint8Array) return part
    const piece = content.subarray(part.offset, part.offset + part.sizeBytes)
    if (piece.byteLength < part.sizeBytes) throw truncated()
    return piece
  })
  return joined(pieces)
}

const readWhole = async (file: number, parts: readonly Part[]) =>
  joined(await Array.fromAsync(readOpen(file, parts)))

const joined = (pieces: Uint8Array[]) =>
  pieces.length === 1 && Buffer.isBuffer(pieces[0]) ? pieces[0] : Buffer.concat(pieces)

const truncated = () => new Error('A file was truncated while it was read')

/** How many bytes `parts` make up. */
export function partsSizeBytes(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + partSizeBytes(part), 0)
}

export const partSizeBytes = (part: Part) => (part instanceof Uint8Array ? part.byteLength : part.sizeBytes)

async function* readLater(place: string, version: string, parts: readonly Part[]): Pieces {
  const file = await open(place, 'r')
  try {
    if (fileVersion(fs.fstatSync(file, { bigint: true })) !== version) {
      throw new Error('A file was replaced before it was read')
    }
    yield* readOpen(file, parts)
  } finally {
    fs.closeSync(file)
  }
}

type Pieces = AsyncGenerator<Uint8Array, void, Uint8Array | undefined>

async function* readOpen(file: number, parts: readonly Part[]): Pieces {
  // Weak, or the pieces that nobody hands back would stay until the end.
  const ours = new WeakSet<ArrayBufferLike>()
  /** What is new costs more than reading into it: the system makes each page of it when it is touched. */
  let spare: Uint8Array | undefined
  for (const part of parts) {
    if (part instanceof Uint8Array) {
      yield part
      continue
    }
    const { offset, sizeBytes } = part
    for (let done = 0; done < sizeBytes; ) {
      const length = Math.min(PIECE_BYTES, sizeBytes - done)
      const memory = spare && spare.byteLength >= length ? spare : Buffer.allocUnsafeSlow(length)
      ours.add(memory.buffer)
      const { bytesRead } = await read(file, memory, 0, length, offset + done)
      if (bytesRead === 0) throw truncated()
      const spent = yield memory.subarray(0, bytesRead)
      spare = spent && ours.has(spent.buffer) ? Buffer.from(spent.buffer) : undefined
      done += bytesRead
    }
  }
}
