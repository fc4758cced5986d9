import type { OpusPacket } from './opus-packets.ts'

/** The first of the configurations without SILK (Opus for speech) in them. */
const FIRST_CELT_CONFIGURATION = 16
const STEREO = 4

/**
 * A short silent packet that makes a decoder forget what came before: it starts the codec of the packet `next` afresh
 * if the packet before was of the other codec. What was encoded as the beginning of a stream then sounds as it should
 * within another one; without it, the first tenth of a second may be far too loud.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6716#section-4.5.2 (state reset), #section-3.1 (the first byte)
 */
export function resetPacket(next: Uint8Array): OpusPacket {
  const first = next[0] ?? 0
  const channels = first & STEREO
  return first >> 3 < FIRST_CELT_CONFIGURATION
    ? // CELT, 2.5 ms, whose first bits say "silence".
      { bytes: Buffer.from([(28 << 3) | channels, 0xff, 0xfe]), granules: 120 }
    : // SILK, 10 ms, whose first bits say "no voice".
      { bytes: Buffer.from([(8 << 3) | channels, 0, 0]), granules: 480 }
}
