import { createStreamReader, type StreamReader } from '#lib/audio/frames/byte-reader.ts'
import { JoinError } from './join-error.ts'
import { KIND_BYTES, type Kind, kindOf } from './kind.ts'

/** A clip that becomes a part of a longer one. */
export interface AudioPiece {
  /** Its bytes from the first one, each time: a piece is read twice if what comes first depends on all of them. */
  open(): AsyncIterable<Uint8Array>
  sizeBytes: number
  durationMs: number
}

/** A piece with its place among all others, from 1. */
export interface Piece {
  number: number
  audio: AudioPiece
  outputFormat: string
}

const CHUNK_BYTES = 64 * 1024

/** @throws JoinError where the piece is of no kind that can be joined */
export async function kindOfPiece(piece: Piece): Promise<Kind> {
  const bytes = allBytes(piece)
  try {
    const kind = kindOf(await createStreamReader(bytes).peek(KIND_BYTES), piece.outputFormat)
    if (kind) return kind
  } finally {
    await bytes.return(undefined)
  }
  throw new JoinError(`Piece ${piece.number} is neither MP3, Ogg Opus nor WAV`)
}

/**
 * What `parse` makes of a piece, whose bytes are closed at the end, whatever happens.
 *
 * @throws JoinError when the piece is of another kind, or has fewer or more bytes than it should have
 */
export async function* readPiece<Part>(
  piece: Piece,
  kind: Kind,
  parse: (reader: StreamReader) => AsyncIterable<Part>,
): AsyncGenerator<Part> {
  const bytes = allBytes(piece)
  try {
    const reader = createStreamReader(bytes)
    const found = kindOf(await reader.peek(KIND_BYTES), piece.outputFormat) ?? 'nothing that is known'
    if (found !== kind) throw new JoinError(`Piece ${piece.number} is ${found}, the first one ${kind}`)
    yield* parse(reader)
    await reader.finish()
  } finally {
    await bytes.return(undefined)
  }
}

async function* allBytes({ audio, number }: Piece): AsyncGenerator<Uint8Array> {
  let foundBytes = 0
  for await (const chunk of audio.open()) {
    foundBytes += chunk.byteLength
    yield chunk
  }
  if (foundBytes === audio.sizeBytes) return
  throw new JoinError(`Piece ${number} has ${foundBytes} bytes where ${audio.sizeBytes} were kept`)
}

/** Passes the next `count` bytes on, chunk by chunk. */
export async function* take(reader: StreamReader, count: number): AsyncGenerator<Uint8Array> {
  for (let left = count; left > 0; ) {
    const chunk = await reader.peek(Math.min(left, CHUNK_BYTES))
    if (chunk.length === 0) return
    await reader.skip(chunk.length)
    left -= chunk.length
    yield chunk
  }
}
