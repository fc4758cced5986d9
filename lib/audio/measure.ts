import { TransformStream } from 'node:stream/web'
import { parseWebStream } from 'music-metadata'
import { ServiceError } from '#lib/model/errors.ts'
import { headerlessFormat, readOutputFormat } from './formats.ts'
import { type ByteReader, createByteFeed, type Reading } from './frames/byte-reader.ts'
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

type MeasuredAudio = AudioFacts & { isWhole: boolean }

/** Measures audio as its bytes come. */
export interface AudioMeter {
  /** Where it returns a promise, that is to be waited for before the next call. */
  update(chunk: Uint8Array): Promise<void> | undefined
  /** @throws ServiceError `speech_invalid_answer` when the bytes are no audio */
  finish(): Promise<MeasuredAudio>
  /** In place of `finish`, where the bytes do not come to their end. */
  abandon(): void
}

/**
 * Measures media type and duration from the bytes themselves: from all frames, since what a header says of them need not
 * be true. Bytes without a header (PCM, µ-law, A-law) are what `outputFormat` says, unless they were re-encoded to Opus
 * since.
 *
 * `isWhole`: whether the last frame is there to its end, and marked as the last one in formats that do that.
 */
export function createAudioMeter(outputFormat: string): AudioMeter {
  const feed = createByteFeed()
  const reading = measure(feed, outputFormat)
  let measured: Measured | undefined
  let isDone = false
  let other: OtherMeter | undefined

  function goOn(): Promise<void> | undefined {
    const step = reading.next()
    if (!step.done) return undefined
    isDone = true
    if (step.value !== 'other') measured = step.value
    else other = createOtherMeter(outputFormat)
    return other?.write(feed.takeUnread())
  }

  return {
    update(chunk) {
      if (other) return other.write(chunk)
      if (isDone) return undefined
      feed.push(chunk)
      return goOn()
    },
    async finish() {
      feed.end()
      if (!isDone) await goOn()
      if (other) measured = await other.finish()
      const durationMs = Math.round((measured?.seconds ?? 0) * 1000)
      if (!measured || durationMs === 0) {
        throw new ServiceError(
          'speech_invalid_answer',
          'The speech vendor answered something that is no audio',
        )
      }
      const { mimeType, fileExtension, isWhole } = measured
      return { mimeType, fileExtension, durationMs, isWhole }
    },
    abandon: () => other?.abandon(),
  }
}

/** Measures all of `audio`, as `createAudioMeter` does. @throws ServiceError as `finish` does, and whatever `audio` throws */
export async function measureAudio(
  audio: AsyncIterable<Uint8Array>,
  outputFormat: string,
): Promise<MeasuredAudio> {
  const meter = createAudioMeter(outputFormat)
  try {
    for await (const chunk of audio) await meter.update(chunk)
  } catch (error) {
    meter.abandon()
    throw error
  }
  return meter.finish()
}

/** `other`: no format whose frames are counted here; its bytes stay unread. */
function* measure(reader: ByteReader, outputFormat: string): Reading<Measured | 'other' | undefined> {
  const beginning = yield* reader.peek(36)
  const text = beginning.toString('latin1')
  if (OGG_OPUS.test(text)) {
    return named(yield* countOpusFrames(reader), { mimeType: 'audio/ogg', fileExtension: 'opus' })
  }
  const headerless = headerlessFormat(outputFormat)
  if (headerless) {
    const { mimeType, fileExtension, bytesPerSecond } = headerless
    const sizeBytes = yield* reader.skip(Number.POSITIVE_INFINITY)
    return { mimeType, fileExtension, seconds: sizeBytes / bytesPerSecond, isWhole: true }
  }
  if (WAVE.test(text)) {
    return named(yield* countWavSamples(reader), { mimeType: 'audio/wav', fileExtension: 'wav' })
  }
  const tagBytes = beginning.length < 10 ? 0 : Math.min(id3Bytes(beginning), MAX_TAG_BYTES)
  if (readMp3Frame((yield* reader.peek(tagBytes + 4)).subarray(tagBytes))) {
    yield* reader.skip(tagBytes)
    return named(yield* countMp3Frames(reader), { mimeType: 'audio/mpeg', fileExtension: 'mp3' })
  }
  return 'other'
}

const named = (frames: CountedFrames | undefined, names: Omit<AudioFacts, 'durationMs'>) =>
  frames && { ...frames, ...names }

type OtherMeter = ReturnType<typeof createOtherMeter>

/** Measures what few requests ask for, by a general parser. */
function createOtherMeter(outputFormat: string) {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  const options = { duration: true, skipCovers: true }
  const parsing = parseWebStream(readable, undefined, options).catch(() => undefined)
  // It may take no more before the end, and then nobody is to wait for it.
  const over = parsing.then(() => {})
  return {
    write: (chunk: Uint8Array) => Promise.race([writer.write(chunk).catch(() => {}), over]),
    abandon: () => void writer.abort().catch(() => {}),
    async finish(): Promise<Measured | undefined> {
      writer.close().catch(() => {})
      const parsed = await parsing
      const container = otherContainers.find(([pattern]) => pattern.test(parsed?.format.container ?? ''))
      if (!container || !parsed?.format.duration) return undefined
      const [, mimeType, fileExtension] = container
      // Nobody but this service makes these, of samples that have come to their end.
      const isWhole = ['flac', 'aac'].includes(readOutputFormat(outputFormat)?.codec ?? '')
      return { mimeType, fileExtension, seconds: parsed.format.duration, isWhole }
    },
  }
}
