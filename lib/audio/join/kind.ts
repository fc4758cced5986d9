import { headerlessFormat } from '#lib/audio/formats.ts'
import { readMp3Frame } from '#lib/audio/frames/mp3-frames.ts'

/** What bytes of audio are. `samples`: bare ones, without a header. */
export type Kind = 'MP3' | 'Ogg Opus' | 'WAV' | 'samples'

/** How many of the first bytes say it. */
export const KIND_BYTES = 36

/** `undefined` where the bytes are of no kind that can be joined. */
export function kindOf(beginning: Buffer, outputFormat: string): Kind | undefined {
  const text = beginning.toString('latin1')
  if (/^OggS.{24}OpusHead/s.test(text)) return 'Ogg Opus'
  if (headerlessFormat(outputFormat)) return 'samples'
  if (/^RIFF.{4}WAVE/s.test(text)) return 'WAV'
  return text.startsWith('ID3') || readMp3Frame(beginning) ? 'MP3' : undefined
}
