import { headerlessFormat, readOutputFormat } from '#lib/audio/formats.ts'
import { joinMp3 } from './mp3.ts'
import { joinOggOpus } from './ogg-opus.ts'
import { type AudioPiece, kindOfPiece, type Piece } from './piece.ts'
import { joinSamples } from './samples.ts'
import { joinWav } from './wav.ts'

export type { AudioPiece } from './piece.ts'

/**
 * Joins clips to one, in their order, without decoding them. No more of them is in memory than a few chunks, and the
 * same pieces always give the same bytes. No pieces give no bytes.
 *
 * `outputFormat` says what bytes without a header are. Those with one are what it says: Opus, say, where the service
 * re-encodes.
 *
 * @throws JoinError when the pieces are not all of one kind, sample rate and number of channels, when one is incomplete
 * or no audio, or when the whole would be longer than its format allows
 * @throws whatever opening and reading a piece throws
 */
export async function* joinAudio(
  pieces: AsyncIterable<AudioPiece>,
  outputFormat: string,
): AsyncGenerator<Uint8Array> {
  const all: Piece[] = []
  for await (const audio of pieces) all.push({ audio, number: all.length + 1, outputFormat })
  if (!all[0]) return
  switch (await kindOfPiece(all[0])) {
    case 'MP3':
      return yield* joinMp3(all)
    case 'Ogg Opus':
      return yield* joinOggOpus(all)
    case 'WAV':
      return yield* joinWav(all)
    case 'samples':
      return yield* joinSamples(all, bytesPerSample(outputFormat))
  }
}

function bytesPerSample(outputFormat: string): number {
  const bytesPerSecond = headerlessFormat(outputFormat)?.bytesPerSecond ?? 1
  return bytesPerSecond / (readOutputFormat(outputFormat)?.sampleRateHz ?? 1)
}
