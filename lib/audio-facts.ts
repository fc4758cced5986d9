import { parseBlob } from 'music-metadata'
import { ServiceError } from './errors.ts'
import { headerlessFormat } from './speech/formats.ts'

/** What was measured of a clip's bytes. */
export interface AudioFacts {
  mimeType: string
  fileExtension: string
  durationMs: number
}

/** How the containers that vendors send are called outside: by the container's name in music-metadata. */
const containers: [pattern: RegExp, mimeType: string, fileExtension: string][] = [
  [/^MPEG/, 'audio/mpeg', 'mp3'],
  [/^Ogg/, 'audio/ogg', 'opus'],
  [/^WAVE/, 'audio/wav', 'wav'],
  [/^FLAC/, 'audio/flac', 'flac'],
  [/^(ADTS|AAC)/, 'audio/aac', 'aac'],
]

/**
 * Measures media type and duration from the bytes themselves. Formats without a header (PCM, µ-law, A-law) cannot say
 * what they are: for those, `outputFormat` does.
 *
 * @throws ServiceError `speech_invalid_answer` when the bytes are no audio
 */
export async function measureAudio(audio: Blob, outputFormat: string): Promise<AudioFacts> {
  const headerless = headerlessFormat(outputFormat)
  if (headerless) {
    const { mimeType, fileExtension, bytesPerSecond } = headerless
    return { mimeType, fileExtension, durationMs: Math.round((audio.size / bytesPerSecond) * 1000) }
  }
  const format = await parseFormat(audio)
  const container = containers.find(([pattern]) => pattern.test(format.container ?? ''))
  if (!container || !format.duration) throw noAudio()
  const [, mimeType, fileExtension] = container
  return { mimeType, fileExtension, durationMs: Math.round(format.duration * 1000) }
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
