import { parseBuffer } from 'music-metadata'
import { describe, expect, it } from 'vitest'
import { createOpusEncoder } from '#lib/audio/opus/encoder.ts'

const sine = (frames: number, sampleRateHz: number, channels: 1 | 2 = 1) =>
  Float32Array.from(
    { length: frames * channels },
    (_, index) => 0.5 * Math.sin((2 * Math.PI * 220 * Math.floor(index / channels)) / sampleRateHz),
  )

async function encode(samples: Float32Array, sampleRateHz: number, channels: 1 | 2 = 1, pieceFrames = 999) {
  const encoder = await createOpusEncoder({ sampleRateHz, channels, bitRateKbps: 48 })
  const parts: Uint8Array[] = []
  for (let at = 0; at < samples.length; at += pieceFrames * channels) {
    parts.push(encoder.encode(samples.subarray(at, at + pieceFrames * channels)))
  }
  return Buffer.concat([...parts, encoder.end()])
}

/** The pages of an Ogg file, by RFC 3533. */
function pagesOf(ogg: Buffer) {
  const pages: { type: number; granules: number; sequence: number; packets: number }[] = []
  for (let at = 0; at < ogg.length; ) {
    expect(ogg.toString('latin1', at, at + 4)).toBe('OggS')
    const segments = ogg.subarray(at + 27, at + 27 + (ogg[at + 26] as number))
    pages.push({
      type: ogg[at + 5] as number,
      granules: Number(ogg.readBigInt64LE(at + 6)),
      sequence: ogg.readUInt32LE(at + 18),
      packets: segments.filter((length) => length < 255).length,
    })
    at += 27 + segments.length + segments.reduce((sum, length) => sum + length, 0)
  }
  return pages
}

const PRE_SKIP = 312

describe('Ogg Opus', () => {
  it.each([8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000])(
    'lasts exactly as many samples as its input at %i Hz',
    async (sampleRateHz) => {
      for (const frames of [1, 160, 12_345, sampleRateHz * 3 + 7]) {
        const opus = await encode(sine(frames, sampleRateHz), sampleRateHz)

        const { format } = await parseBuffer(opus, { mimeType: 'audio/ogg' }, { duration: true })
        expect(format).toMatchObject({ codec: 'Opus', numberOfChannels: 1, sampleRate: sampleRateHz })
        expect(format.numberOfSamples).toBe(Math.round((frames / sampleRateHz) * 48_000))
      }
    },
  )

  it('begins and ends as RFC 7845 requires, and cuts off less than a packet', async () => {
    for (const frames of [1, 44_100, 44_100 * 7 + 500]) {
      const pages = pagesOf(await encode(sine(frames, 44_100), 44_100))
      const [head, tags] = pages
      const last = pages.at(-1)
      const packets = pages.slice(2).reduce((sum, page) => sum + page.packets, 0)
      const lengthGranules = Math.round((frames / 44_100) * 48_000)

      expect(head).toEqual({ type: 2, granules: 0, sequence: 0, packets: 1 })
      expect(tags).toEqual({ type: 0, granules: 0, sequence: 1, packets: 1 })
      expect(pages.map((page) => page.sequence)).toEqual(pages.keys().toArray())
      expect(last).toMatchObject({ type: 4, granules: PRE_SKIP + lengthGranules })
      expect(packets * 960 - (PRE_SKIP + lengthGranules)).toBeLessThan(960)
    }
  })

  it('has the same bytes for the same samples, however they are split', async () => {
    const samples = sine(50_000, 16_000)

    const first = await encode(samples, 16_000)

    expect((await encode(samples, 16_000, 1, 16_000)).equals(first)).toBe(true)
  })

  it('keeps two channels', async () => {
    const opus = await encode(sine(44_100, 44_100, 2), 44_100, 2)

    const { format } = await parseBuffer(opus, { mimeType: 'audio/ogg' }, { duration: true })
    expect(format).toMatchObject({ numberOfChannels: 2, duration: 1 })
  })
})
