/** The largest sample that µ-law has a code for, and what it adds before it looks for the segment. */
const ULAW_CLIP = 32_635
const ULAW_BIAS = 0x84

/** In which of the eight segments a magnitude lies, by its upper eight bits: one more with each doubling. */
const segments = Uint8Array.from({ length: 256 }, (_, upper) => (upper === 0 ? 0 : 31 - Math.clz32(upper)))

/**
 * 16-bit samples in µ-law, a byte each.
 *
 * @see https://www.itu.int/rec/T-REC-G.711
 */
export const toUlaw = (samples: Int16Array): Uint8Array<ArrayBuffer> => Uint8Array.from(samples, ulawOf)

/** 16-bit samples in A-law, a byte each. */
export const toAlaw = (samples: Int16Array): Uint8Array<ArrayBuffer> => Uint8Array.from(samples, alawOf)

function ulawOf(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0
  const magnitude = Math.min(ULAW_CLIP, Math.abs(sample)) + ULAW_BIAS
  const segment = segments[magnitude >> 7] as number
  return ~(sign | (segment << 4) | ((magnitude >> (segment + 3)) & 0x0f)) & 0xff
}

function alawOf(sample: number): number {
  // Negative values are those of the complement of one.
  const magnitude = sample < 0 ? ~sample : sample
  const segment = segments[magnitude >> 7] as number
  const step = segment === 0 ? magnitude >> 4 : magnitude >> (segment + 3)
  const sign = sample < 0 ? 0 : 0x80
  return (sign | (segment << 4) | (step & 0x0f)) ^ 0x55
}
