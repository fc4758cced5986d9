import { ReadableStream } from 'node:stream/web'
import { parseWebStream } from 'music-metadata'
import { ServiceError } from '#lib/model/errors.ts'
import { headerlessFormat, readOutputFormat } from './formats.ts'
import { type ByteReader, createByteReader } from './frames/byte-reader.ts'
import type { CountedFrames } from './frames/counted-frames.ts'
import { countMp3Frames, readMp3Frame } from './frames/mp3-frames.ts'
import { countOpusFrames } from './frames/opus-frames.ts'
import { countWavSamples } from './frames/wav-frames.ts'
import { id3Bytes } from './mp3.ts'

const OGG_OPUS = /^OggS.{24}OpusHead/s
const WAVE = /^RIFF.{4}WAVE/s
/** An ID3 tag in front of an MP3 may have a picture in it. */
const MAX_TAG_BYTES = 1024 * 1024

/** What was measured of a clip's bytes. */
export interface AudioFacts {
  mimeType: string
  fileExtension: string
  durationMs: number
}

type Measured = Omit<AudioFacts, 'durationMs'> & CountedFrames

/** Media type and file extension of containers whose frames are not counted here, by their name in music-metadata. */
const otherContainers: [pattern: RegExp, mimeType: string, fileExtension: string][] = [
  [/^MPEG/, 'audio/mpeg', 'mp3'],
  [/^Ogg/, 'audio/ogg', 'ogg'],
  [/^FLAC/, 'audio/flac', 'flac'],
  [/^(ADTS|AAC)/, 'audio/aac', 'aac'],
]

/**
 * Measures media type and duration from the bytes themselves, as they arrive: from all frames, since what a header
 * says of them need not be true. Bytes without a header (PCM, µ-law, A-law) are what `outputFormat` says, unless they
 * were re-encoded to Opus since.
 *
 * `isWhole`: whether the last frame is there to its end, and marked as the last one in formats that do that.
 *
 * @throws ServiceError `speech_invalid_answer` when the bytes, read to their end, are no audio
 * @throws whatever `audio` throws
 */
export async function measureAudio(
  audio: AsyncIterable<Uint8Array>,
  outputFormat: string,
): Promise<AudioFacts & { isWhole: boolean }> {
  const reader = createByteReader(audio)
  const measured = await measure(reader, outputFormat)
  // Whoever gives the bytes to others as well must not wait for this reader.
  for await (const _ of reader.rest());
  const durationMs = Math.round((measured?.seconds ?? 0) * 1000)
  if (!measured || durationMs === 0) {
    throw new ServiceError('speech_invalid_answer', 'The speech vendor answered something that is no audio')
  }
  const { mimeType, fileExtension, isWhole } = measured
  return { mimeType, fileExtension, durationMs, isWhole }
}

async function measure(reader: ByteReader, outputFormat: string): Promise<Measured | undefined> {
  const beginning = await reader.peek(36)
  const text = beginning.toString('latin1')
  if (OGG_OPUS.test(text)) {
    return named(await countOpusFrames(reader), { mimeType: 'audio/ogg', fileExtension: 'opus' })
  }
  const headerless = headerlessFormat(outputFormat)
  if (headerless) {
    const { mimeType, fileExtension, bytesPerSecond } = headerless
    const sizeBytes = await reader.skip(Number.POSITIVE_INFINITY)
    return { mimeType, fileExtension, seconds: sizeBytes / bytesPerSecond, isWhole: true }
  }
  if (WAVE.test(text)) {
    return named(await countWavSamples(reader), { mimeType: 'audio/wav', fileExtension: 'wav' })
  }
  const tagBytes = beginning.length < 10 ? 0 : Math.min(id3Bytes(beginning), MAX_TAG_BYTES)
  if (readMp3Frame((await reader.peek(tagBytes + 4)).subarray(tagBytes))) {
    await reader.skip(tagBytes)
    return named(await countMp3Frames(reader), { mimeType: 'audio/mpeg', fileExtension: 'mp3' })
  }
  return measureOther(reader, outputFormat)
}

const named = (frames: CountedFrames | undefined, names: Omit<AudioFacts, 'durationMs'>) =>
  frames && { ...frames, ...names }

/** Measures what no request asks for, and some vendor might send. */
async function measureOther(reader: ByteReader, outputFormat: string): Promise<Measured | undefined> {
  let failure: { error: unknown } | undefined
  async function* bytes() {
    try {
      yield* reader.rest()
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  const parsed = await parseWebStream(ReadableStream.from(bytes()), undefined, {
    duration: true,
    skipCovers: true,
  }).catch(() => undefined)
  if (failure) throw failure.error
  const container = otherContainers.find(([pattern]) => pattern.test(parsed?.format.container ?? ''))
  if (!container || !parsed?.format.duration) return undefined
  const [, mimeType, fileExtension] = container
  // Nobody but this service makes these, of samples that have come to their end.
  const isWhole = ['flac', 'aac'].includes(readOutputFormat(outputFormat)?.codec ?? '')
  return { mimeType, fileExtension, seconds: parsed.format.duration, isWhole }
}
