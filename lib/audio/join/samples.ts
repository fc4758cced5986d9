import { type Piece, readPiece, take } from './piece.ts'

/** Joins bare samples. Half a sample at the end of a piece is left out: it would turn all that follow into noise. */
export async function* joinSamples(pieces: Piece[], bytesPerSample: number): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    const { sizeBytes } = piece.audio
    yield* readPiece(piece, 'samples', (reader) => take(reader, sizeBytes - (sizeBytes % bytesPerSample)))
  }
}
