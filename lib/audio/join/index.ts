import { headerlessFormat, readOutputFormat } from '#lib/audio/formats.ts'
import { joinMp3 } from './mp3.ts'
import { joinOggOpus } from './ogg-opus.ts'
import { type AudioPiece, kindOfPiece, type Piece } from './piece.ts'
import { joinSamples, type SampleRate } from './samples.ts'
import { joinWav } from './wav.ts'

export type { AudioPiece } from './piece.ts'

/**
 * Joins clips to one, in their order, without decoding them. No more of them is in memory than a few chunks, and the
 * same pieces always give the same bytes. No pieces give no bytes. Returns where each piece begins in the sound of the
 * whole, in milliseconds and parts of them, by what players make of its frames or samples.
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
): AsyncGenerator<Uint8Array, number[]> {
  const all: Piece[] = []
  for await (const audio of pieces) all.push({ audio, number: all.length + 1, outputFormat })
  if (!all[0]) return []
  switch (await kindOfPiece(all[0])) {
    case 'MP3':
      return yield* joinMp3(all)
    case 'Ogg Opus':
      return yield* joinOggOpus(all)
    case 'WAV':
      return yield* joinWav(all)
    case 'samples':
      return yield* joinSamples(all, rateOf(outputFormat))
  }
}

function rateOf(outputFormat: string): SampleRate {
  const bytesPerSecond = headerlessFormat(outputFormat)?.bytesPerSecond ?? 1
  return {
    bytesPerSecond,
    bytesPerSample: bytesPerSecond / (readOutputFormat(outputFormat)?.sampleRateHz ?? 1),
  }
}
