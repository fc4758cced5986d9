import * as fs from 'node:fs'
import { promisify } from 'node:util'
import type { ByteIterator } from './byte-iterator.ts'
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

/**
 * Reads of the file `place` what `partsOf` says of it, once that is open; `readAll` reads the whole. What is small is read at once. Anything larger is
 * read piece by piece, when it is asked for: no file is open before the first piece, and after the last.
 *
 * @throws what opening the file, `partsOf` and reading throw; Error where the file is shorter, or another one meanwhile
 */
export async function readFileParts(
  place: string,
  partsOf: (
    facts: fs.BigIntStats,
    readAll: () => AsyncIterable<Uint8Array>,
  ) => readonly Part[] | Promise<readonly Part[]>,
): Promise<ByteIterator> {
  const file = await open(place, 'r')
  try {
    const facts = fs.fstatSync(file, { bigint: true })
    const whole = { offset: 0, sizeBytes: Number(facts.size) }
    const parts = await partsOf(facts, () => readOpen(file, [whole]))
    if (partsSizeBytes(parts) > PIECE_BYTES) return readLater(place, fileVersion(facts), parts)
    const pieces = await Array.fromAsync(readOpen(file, parts))
    return only(pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces))
  } finally {
    fs.closeSync(file)
  }
}

/** How many bytes `parts` make up. */
export function partsSizeBytes(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + partSizeBytes(part), 0)
}

export const partSizeBytes = (part: Part) => (part instanceof Uint8Array ? part.byteLength : part.sizeBytes)

async function* only(piece: Uint8Array): AsyncGenerator<Uint8Array, void> {
  if (piece.byteLength > 0) yield piece
}

async function* readLater(place: string, version: string, parts: readonly Part[]) {
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

async function* readOpen(file: number, parts: readonly Part[]): AsyncGenerator<Uint8Array, void> {
  for (const part of parts) {
    if (part instanceof Uint8Array) {
      yield part
      continue
    }
    const { offset, sizeBytes } = part
    for (let done = 0; done < sizeBytes; ) {
      const length = Math.min(PIECE_BYTES, sizeBytes - done)
      const { bytesRead, buffer } = await read(file, Buffer.allocUnsafeSlow(length), 0, length, offset + done)
      if (bytesRead === 0) throw new Error('A file was truncated while it was read')
      yield buffer.subarray(0, bytesRead)
      done += bytesRead
    }
  }
}
