import { describe, expect, it } from 'vitest'
import { toAlaw, toUlaw } from '#lib/audio/g711.ts'

/** Decoders as G.711 describes them, independent of the encoders: the value in the middle of the step of each code. */
const decoders = {
  ulaw(code: number) {
    const bits = ~code & 0xff
    const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84
    return bits & 0x80 ? -magnitude : magnitude
  },
  alaw(code: number) {
    const bits = code ^ 0x55
    const segment = (bits >> 4) & 7
    const step = (bits & 0x0f) << 4
    const magnitude = segment === 0 ? step + 8 : (step + 0x108) << (segment - 1)
    return bits & 0x80 ? magnitude : -magnitude
  },
}

const everySample = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768)

describe.each([
  ['µ-law', toUlaw, decoders.ulaw, { silence: 0xff, loudest: 0x80, mostNegative: 0x00 }],
  ['A-law', toAlaw, decoders.alaw, { silence: 0xd5, loudest: 0xaa, mostNegative: 0x2a }],
] as const)('%s', (_, encode, decode, known) => {
  it('has the codes that the recommendation names', () => {
    expect([...encode(Int16Array.of(0, 32_767, -32_768))]).toEqual([
      known.silence,
      known.loudest,
      known.mostNegative,
    ])
  })

  it('comes back within half a step of every sample, and uses every code', () => {
    const codes = encode(everySample)
    const errors = Array.from(codes, (code, index) => Math.abs(decode(code) - (everySample[index] as number)))
    const isFar = errors.filter((error, index) => {
      const magnitude = Math.min(32_635, Math.abs(everySample[index] as number))
      return error > Math.max(8, (magnitude + 132) / 32) + 1 && magnitude < 32_635
    })
    expect(isFar).toEqual([])
    expect(new Set(codes).size).toBe(256)
  })
})
