import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Decoder } from '@evan/opus/wasm/index.js'
import { MPEGDecoder } from 'mpg123-decoder'
import { beforeAll, describe, expect, it } from 'vitest'
import { createStreamReader } from '#lib/audio/frames/byte-reader.ts'
import { readOpus } from '#lib/audio/join/opus-packets.ts'
import { createOpusEncoder } from '#lib/audio/opus/encoder.ts'
import { durationMsOf, join, pieceOf } from '../../../support/audio-pieces.ts'

const FRAME = 960
const LENGTH = 11_000

let speech: Float32Array
beforeAll(async () => {
  const decoder = new MPEGDecoder()
  await decoder.ready
  const mp3 = readFileSync(path.join(import.meta.dirname, '../../../fixtures/speech.mp3'))
  speech = decoder.decode(mp3).channelData[0] as Float32Array
})

/** A quarter of a second of speech that begins and ends within words: what a joint is hardest on. */
async function encode(index: number, bitRateKbps: number, channels: 1 | 2 = 1): Promise<Buffer> {
  const encoder = await createOpusEncoder({ sampleRateHz: 48_000, channels, bitRateKbps })
  const from = 3000 + index * 29_000
  return Buffer.concat([encoder.encode(speech.slice(from, from + LENGTH + index * 210)), encoder.end()])
}

async function decode(opus: Buffer): Promise<Int16Array> {
  const decoder = new Decoder({ channels: 1, sample_rate: 48_000 })
  const parts: Uint8Array[] = []
  async function* bytes() {
    yield opus
  }
  for await (const part of readOpus(createStreamReader(bytes()), 1)) {
    if (part.kind === 'packet') parts.push(decoder.decode(part.packet.bytes).slice())
  }
  decoder.drop()
  return new Int16Array(Uint8Array.from(Buffer.concat(parts)).buffer)
}

const powerOf = (samples: Int16Array) =>
  samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length

/** Where `part` sounds in `whole` around `near`, and how much they differ there from `part`'s second packet on. */
function find(part: Int16Array, whole: Int16Array, near: number) {
  const heard = part.subarray(FRAME, 4 * FRAME)
  let best = { at: 0, error: Number.POSITIVE_INFINITY }
  const start = Math.floor(near / 120) * 120
  for (let at = start - FRAME; at <= start + 2 * FRAME; at += 120) {
    const error = powerOf(heard.map((sample, index) => sample - (whole[at + FRAME + index] ?? 0)))
    if (error < best.error) best = { at, error }
  }
  return best
}

describe('joined Ogg Opus', () => {
  // 32 kbit/s is encoded by SILK, 64 by CELT, 48 by both.
  it.each([32, 48, 64])(
    'sounds as its pieces at %i kbit/s do from their second packet on, and is in time',
    async (kbps) => {
      const parts = await Promise.all([0, 1, 2, 3].map((index) => encode(index, kbps)))

      const whole = await decode(await join(await Promise.all(parts.map((part) => pieceOf(part)))))

      let wanted = 0
      for (const [index, part] of parts.entries()) {
        const { at, error } = find(await decode(part), whole, wanted)
        expect(error).toBe(0)
        expect(at - wanted).toBeGreaterThanOrEqual(0)
        expect(at - wanted).toBeLessThan(FRAME)
        wanted += LENGTH + index * 210
      }
    },
  )

  it('is one stream, whose packets are those of the pieces, and a silent one before each of them but the first', async () => {
    const parts = await Promise.all([0, 1, 2].map((index) => encode(index, 64)))

    const joined = await join(await Promise.all(parts.map((part) => pieceOf(part))))

    expect(joined.toString('latin1').split('OpusHead')).toHaveLength(2)
    const pages = joined.toString('latin1').split('OggS').slice(1)
    expect(pages.map((page) => page.charCodeAt(1))).toEqual([2, ...pages.slice(2).map(() => 0), 4])
    expect(pages.map((page) => page.charCodeAt(14))).toEqual([...pages.keys()])
    expect(joined.toString('latin1').split('\x40\0\0')).toHaveLength(3)
    expect(await durationMsOf(joined)).toBeGreaterThan(680)
  })

  it('does not take in pieces of other channels, several streams, or without sound', async () => {
    const [mono, stereo] = await Promise.all([encode(0, 64), encode(0, 64, 2)])
    const chained = Buffer.concat([mono, mono])
    const headers = mono.subarray(0, mono.indexOf('OggS', mono.indexOf('OpusTags')))

    for (const [piece, message] of [
      [stereo, 'Piece 2 is Ogg Opus in stereo with an output gain of 0 dB, the first one Ogg Opus in mono'],
      [chained, 'Piece 2 is more than one Ogg stream'],
      [headers, 'Piece 2 is Ogg Opus without sound'],
    ] as const) {
      await expect(join([await pieceOf(mono), await pieceOf(piece)])).rejects.toThrow(message)
    }
  })

  it('keeps the volume that the pieces state', async () => {
    const opus = await encode(0, 64)
    opus.writeInt16LE(-512, opus.indexOf('OpusHead') + 16)

    const joined = await join([await pieceOf(opus), await pieceOf(opus)])

    expect(joined.readInt16LE(joined.indexOf('OpusHead') + 16)).toBe(-512)
  })
})
