import { readMp3Frame } from './frames/mp3-frames.ts'

/** How many bytes `sniffCodec` looks at. */
export const SNIFFED_BYTES = 48

export type SniffedCodec = 'mp3' | 'opus' | 'wav' | 'flac' | 'aac'

const magic: [pattern: RegExp, codec: SniffedCodec][] = [
  [/^ID3/, 'mp3'],
  [/^RIFF.{4}WAVE/s, 'wav'],
  [/^OggS.{24}OpusHead/s, 'opus'],
  [/^fLaC/, 'flac'],
]

/**
 * What the first `SNIFFED_BYTES` bytes of audio say that it is; `undefined` where they do not say. `isBare`: samples
 * without a header are expected, which may begin with the few bits that an MP3 or AAC frame does.
 *
 * @see https://mimesniff.spec.whatwg.org/#matching-an-audio-or-video-type-pattern
 */
export function sniffCodec(beginning: Uint8Array, { isBare = false } = {}): SniffedCodec | undefined {
  const text = new TextDecoder('latin1').decode(beginning)
  const named = magic.find(([pattern]) => pattern.test(text))?.[1]
  if (named || isBare) return named
  if (readMp3Frame(beginning)) return 'mp3'
  const [first = 0, second = 0] = beginning
  return first === 0xff && (second & 0xf6) === 0xf0 ? 'aac' : undefined
}

/** The sample rate that the header of a WAV file says, in Hz; `undefined` where it is not where it usually is. */
export function wavSampleRateHz(beginning: Uint8Array): number | undefined {
  const view = new DataView(beginning.buffer, beginning.byteOffset, beginning.byteLength)
  const hasFormat = beginning.length >= 28 && view.getUint32(12) === 0x666d7420
  return hasFormat ? view.getUint32(24, true) : undefined
}
