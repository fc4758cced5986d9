import { type Piece, readPiece, take } from './piece.ts'

export interface SampleRate {
  bytesPerSample: number
  bytesPerSecond: number
}

/**
 * Joins bare samples. Half a sample at the end of a piece is left out: it would turn all that follow into noise. Returns
 * where each piece begins, in milliseconds.
 */
export async function* joinSamples(
  pieces: Piece[],
  { bytesPerSample, bytesPerSecond }: SampleRate,
): AsyncGenerator<Uint8Array, number[]> {
  const startsMs: number[] = []
  let joinedBytes = 0
  for (const piece of pieces) {
    const { sizeBytes } = piece.audio
    const wholeBytes = sizeBytes - (sizeBytes % bytesPerSample)
    startsMs.push((joinedBytes / bytesPerSecond) * 1000)
    joinedBytes += wholeBytes
    yield* readPiece(piece, 'samples', (reader) => take(reader, wholeBytes))
  }
  return startsMs
}
