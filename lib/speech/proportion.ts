import { headerlessFormat, readOutputFormat } from '#lib/audio/formats.ts'
import type { SpeechRequest } from './speech.ts'

/** The slowest speech there may be: this for each character, and this besides. */
const MAX_SECONDS_A_CHARACTER = 2
const MAX_SECONDS_BESIDES = 60
/** Where the format does not say it: two channels of 16 bits at 48 kHz, the largest that any vendor sends. */
const MAX_BYTES_PER_SECOND = 192_000
/** The fastest speech there may be, before it is asked to be faster. */
const MAX_CHARACTERS_PER_SECOND = 30

/** What audio of a text can be. */
export interface SpeechBounds {
  maxBytes: number
  minDurationMs: number
}

/** The bounds of the speech for a request in `outputFormat`, by a generous measure. */
export function speechBounds(
  { text, voiceSettings }: Pick<SpeechRequest, 'text' | 'voiceSettings'>,
  outputFormat: string,
): SpeechBounds {
  const maxSeconds = MAX_SECONDS_BESIDES + MAX_SECONDS_A_CHARACTER * [...text].length
  // What stands in brackets is not spoken, but says how.
  const spoken = text.replace(/<[^>]*>|\[[^\]]*\]/g, '').replace(/[^\p{L}\p{N}]/gu, '')
  const speed = Math.max(1, voiceSettings?.speed ?? 1)
  return {
    maxBytes: Math.ceil(maxSeconds * bytesPerSecond(outputFormat)),
    minDurationMs: ([...spoken].length / (MAX_CHARACTERS_PER_SECOND * speed)) * 1000,
  }
}

function bytesPerSecond(outputFormat: string): number {
  const format = readOutputFormat(outputFormat)
  if (format?.bitRateKbps) return format.bitRateKbps * 125
  if (format?.codec === 'wav') return format.sampleRateHz * 2
  return headerlessFormat(outputFormat)?.bytesPerSecond ?? MAX_BYTES_PER_SECOND
}
