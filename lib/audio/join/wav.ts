import type { StreamReader } from '#lib/audio/frames/byte-reader.ts'
import { measureWavSamples, type WavSamples } from '#lib/audio/frames/wav-frames.ts'
import { PLAIN_PCM, wavHeader } from '#lib/audio/wav.ts'
import { JoinError } from './join-error.ts'
import { type Piece, readPiece, take } from './piece.ts'

/** Float, A-law and µ-law: samples of one length each, too. @see https://www.rfc-editor.org/rfc/rfc2361 */
const otherPlainFormats = [3, 6, 7]
/** What the 32-bit lengths of a WAV can state. */
const MAX_DATA_BYTES = 0xffff_ffff - 64

/**
 * Joins WAVs to one with a single header. Returns where each piece begins, in milliseconds.
 *
 * @throws JoinError when they differ, or are too long for one
 */
export async function* joinWav(pieces: Piece[]): AsyncGenerator<Uint8Array, number[]> {
  const samples: WavSamples[] = []
  for (const piece of pieces) {
    for await (const measured of readPiece(piece, 'WAV', measure)) {
      samples.push(checked(measured, samples[0], piece.number))
    }
  }
  const [first] = samples
  const dataBytes = samples.reduce((sum, piece) => sum + piece.dataBytes, 0)
  if (!first) return []
  if (dataBytes > MAX_DATA_BYTES) {
    throw new JoinError(
      `Together the pieces have ${dataBytes} bytes of samples; a WAV holds 4 GiB. Take MP3 or Opus`,
    )
  }
  yield wavHeader({ ...first.header, dataBytes })
  const { channels, bitsPerSample, sampleRateHz } = first.header
  const bytesPerMs = (channels * bitsPerSample * sampleRateHz) / 8 / 1000
  const startsMs: number[] = []
  let joinedBytes = 0
  for (const [index, piece] of pieces.entries()) {
    const { header, dataBytes } = samples[index] as WavSamples
    startsMs.push(joinedBytes / bytesPerMs)
    joinedBytes += dataBytes
    yield* readPiece(piece, 'WAV', async function* (reader) {
      await reader.skip(header.dataOffset)
      yield* take(reader, dataBytes)
    })
  }
  // A chunk has an even length.
  if (dataBytes % 2 === 1) yield new Uint8Array(1)
  return startsMs
}

async function* measure(reader: StreamReader) {
  yield await reader.read(measureWavSamples)
}

function checked(
  measured: WavSamples | undefined,
  first: WavSamples | undefined,
  number: number,
): WavSamples {
  if (!measured || ![PLAIN_PCM, ...otherPlainFormats].includes(measured.header.formatTag)) {
    throw new JoinError(`Piece ${number} is no WAV of plain samples`)
  }
  if (first && nameOf(measured) !== nameOf(first)) {
    throw new JoinError(
      `Piece ${number} is ${nameOf(measured)}, the first one ${nameOf(first)}: they must be alike`,
    )
  }
  const { header, dataBytes } = measured
  const frameBytes = Math.max(1, (header.channels * header.bitsPerSample) / 8)
  return { ...measured, dataBytes: dataBytes - (dataBytes % frameBytes) }
}

const nameOf = ({ header: { formatTag, channels, sampleRateHz, bitsPerSample } }: WavSamples) =>
  `WAV of format ${formatTag} at ${sampleRateHz} Hz, ${bitsPerSample} bits, ${channels} channel${channels === 1 ? '' : 's'}`
