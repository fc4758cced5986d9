import type { Mp3Frame } from '#lib/audio/frames/mp3-frames.ts'

/**
 * How many bytes of the frames before it a frame needs: its main data may begin in what they have left free, the "bit
 * reservoir". The number is the first field of the side information, of 9 bits in version 1 and of 8 in the others.
 *
 * @see https://www.iso.org/standard/22412.html (ISO/IEC 11172-3 §2.4.1.7)
 */
export function needsEarlierBytes(
  bytes: Uint8Array,
  { tagOffset, sideInfoBytes, version }: Mp3Frame,
): number {
  const [first = 0, second = 0] = bytes.subarray(tagOffset - sideInfoBytes)
  return version === '1' ? (first << 1) | (second >> 7) : first
}

/**
 * The frame without sound: zero bits of it. Its main data stay, since later frames may need them, and so do the
 * `earlierBytes` before them: decoders keep no more than what a frame begins with.
 */
export function muteFrame(bytes: Uint8Array, frame: Mp3Frame, earlierBytes: number): Uint8Array {
  const { tagOffset, sideInfoBytes, version } = frame
  const muted = Uint8Array.from(bytes).fill(0, tagOffset - sideInfoBytes, tagOffset)
  const begin = Math.min(earlierBytes, version === '1' ? 511 : 255)
  muted.set(version === '1' ? [begin >> 1, (begin & 1) << 7] : [begin], tagOffset - sideInfoBytes)
  return muted
}
