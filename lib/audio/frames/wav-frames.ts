import { PLAIN_PCM, readWavHeader, type WavHeader } from '#lib/audio/wav.ts'
import type { ByteReader, Reading } from './byte-reader.ts'
import type { CountedFrames } from './counted-frames.ts'

/** Enough for what precedes the samples of a WAV file. */
const HEADER_MAX_BYTES = 64 * 1024

export interface WavSamples {
  header: WavHeader
  dataBytes: number
  /** Whether there are as many as the header states. */
  isWhole: boolean
}

/**
 * Measures the samples of a WAV by what is there. Its header may have been written before the end was known: one that
 * states more than there is, nothing, or an end after which no other chunk follows, is not believed.
 */
export function* measureWavSamples(reader: ByteReader): Reading<WavSamples | undefined> {
  const header = readWavHeader(yield* reader.peek(HEADER_MAX_BYTES))
  if (!header) return undefined
  yield* reader.skip(header.dataOffset)
  let dataBytes = yield* reader.skip(header.statedDataBytes)
  const isWhole = dataBytes > 0 && dataBytes === header.statedDataBytes
  // Chunks begin at even offsets, with a name of four letters.
  const next = yield* reader.peek(5)
  const following = next.subarray(dataBytes % 2).toString('latin1', 0, 4)
  if (next.length > 1 && !/^[\w ]{4}$/.test(following)) {
    dataBytes += yield* reader.skip(Number.POSITIVE_INFINITY)
  }
  return dataBytes > 0 ? { header, dataBytes, isWhole } : undefined
}

/** Counts the samples of a WAV, as `measureWavSamples` finds them. */
export function* countWavSamples(reader: ByteReader): Reading<CountedFrames | undefined> {
  const samples = yield* measureWavSamples(reader)
  const bytesPerSecond = samples && bytesPerSecondOf(samples.header)
  if (!samples || !bytesPerSecond) return undefined
  return { seconds: samples.dataBytes / bytesPerSecond, isWhole: samples.isWhole }
}

function bytesPerSecondOf(header: WavHeader): number {
  const { formatTag, channels, sampleRateHz, bitsPerSample, bytesPerSecond } = header
  return formatTag === PLAIN_PCM ? (channels * sampleRateHz * bitsPerSample) / 8 : bytesPerSecond
}
