import { type IFormat, parseBlob } from 'music-metadata'
import { ServiceError } from '#lib/model/errors.ts'
import { headerlessFormat } from './formats.ts'
import { id3Bytes } from './mp3.ts'
import { readWavHeader, wavDataBytes } from './wav.ts'

const latin1 = new TextDecoder('latin1')
const OGG_OPUS = /^OggS.{24}OpusHead/s
/** Enough for what precedes the samples of a WAV file. */
const WAV_HEADER_MAX_BYTES = 64 * 1024

/** What was measured of a clip's bytes. */
export interface AudioFacts {
  mimeType: string
  fileExtension: string
  durationMs: number
}

/** Media type and file extension of the containers that vendors send, by their name in music-metadata. */
const containers: [pattern: RegExp, mimeType: string, fileExtension: string][] = [
  [/^MPEG/, 'audio/mpeg', 'mp3'],
  [/^Ogg/, 'audio/ogg', 'opus'],
  [/^WAVE/, 'audio/wav', 'wav'],
  [/^FLAC/, 'audio/flac', 'flac'],
  [/^(ADTS|AAC)/, 'audio/aac', 'aac'],
]

/**
 * Measures media type and duration from the bytes themselves. Bytes without a header (PCM, µ-law, A-law) are what
 * `outputFormat` says, unless they were re-encoded to Opus since.
 *
 * @throws ServiceError `speech_invalid_answer` when the bytes are no audio
 */
export async function measureAudio(audio: Blob, outputFormat: string): Promise<AudioFacts> {
  const headerless = headerlessFormat(outputFormat)
  if (headerless && !(await isOggOpus(audio))) {
    const { mimeType, fileExtension, bytesPerSecond } = headerless
    return { mimeType, fileExtension, durationMs: Math.round((audio.size / bytesPerSecond) * 1000) }
  }
  const format = await parseFormat(audio)
  const container = containers.find(([pattern]) => pattern.test(format.container ?? ''))
  if (!container) throw noAudio()
  const [, mimeType, fileExtension] = container
  const seconds = (await ownSeconds[fileExtension]?.(audio, format)) ?? format.duration
  if (!seconds) throw noAudio()
  return { mimeType, fileExtension, durationMs: Math.round(seconds * 1000) }
}

/** Durations in seconds of formats for which that of music-metadata is not exact enough. */
const ownSeconds: Record<string, (audio: Blob, format: IFormat) => Promise<number | undefined>> = {
  mp3: constantMp3Seconds,
  wav: wavSeconds,
}

/**
 * From size and bit rate: music-metadata assumes that all frames have the size of the first, and those of 32 kbit/s at
 * 44.1 kHz differ by one byte in a hundred. `undefined` where the rate varies, or a header states the number of frames.
 */
async function constantMp3Seconds(audio: Blob, { codecProfile, bitrate }: IFormat) {
  if (codecProfile !== 'CBR' || !bitrate) return undefined
  const tagBytes = id3Bytes(await audio.slice(0, 10).bytes())
  const beginning = latin1.decode(await audio.slice(tagBytes, tagBytes + 64).bytes())
  return /Xing|Info/.test(beginning) ? undefined : ((audio.size - tagBytes) * 8) / bitrate
}

/** From the samples that are there: the header of a streamed WAV does not state their length. */
async function wavSeconds(audio: Blob): Promise<number | undefined> {
  const header = readWavHeader(await audio.slice(0, WAV_HEADER_MAX_BYTES).bytes())
  return header?.bytesPerSecond ? wavDataBytes(header, audio.size) / header.bytesPerSecond : undefined
}

async function isOggOpus(audio: Blob): Promise<boolean> {
  return OGG_OPUS.test(latin1.decode(await audio.slice(0, 36).bytes()))
}

async function parseFormat(audio: Blob) {
  try {
    return (await parseBlob(audio, { duration: true, skipCovers: true })).format
  } catch (cause) {
    throw noAudio(cause)
  }
}

function noAudio(cause?: unknown) {
  return new ServiceError('speech_invalid_answer', 'The speech vendor answered something that is no audio', {
    cause,
  })
}
