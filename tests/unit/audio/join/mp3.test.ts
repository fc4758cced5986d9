import { readFileSync } from 'node:fs'
import path from 'node:path'
import { MPEGDecoder } from 'mpg123-decoder'
import { describe, expect, it } from 'vitest'
import { readMp3Frame } from '#lib/audio/frames/mp3-frames.ts'
import { infoFrame } from '#lib/audio/join/mp3-info-frame.ts'
import { durationMsOf, encodeTone, join, joinWithStarts, pieceOf } from '../../../support/audio-pieces.ts'

const speech = readFileSync(path.join(import.meta.dirname, '../../../fixtures/speech.mp3'))

async function decode(mp3: Uint8Array, enableGapless = false) {
  const decoder = new MPEGDecoder({ enableGapless })
  await decoder.ready
  const { channelData, errors } = decoder.decode(mp3)
  decoder.free()
  expect(errors).toEqual([])
  return channelData[0] as Float32Array
}

function framesOf(mp3: Buffer): Buffer[] {
  const frames: Buffer[] = []
  for (let at = 0; at < mp3.length; at += frames.at(-1)?.length ?? 1) {
    const frame = readMp3Frame(mp3.subarray(at))
    if (!frame) throw new Error(`no frame at ${at}`)
    frames.push(mp3.subarray(at, at + frame.sizeBytes))
  }
  return frames
}

/** The greatest difference of two sounds, from a sample on. */
function difference(one: Float32Array, other: Float32Array, from: number): number {
  let greatest = 0
  for (let at = from; at < one.length; at++)
    greatest = Math.max(greatest, Math.abs((one[at] ?? 0) - (other[at] ?? 0)))
  return greatest
}

/** As encoders write it that know the end before they write the beginning. */
function withTag(mp3: Buffer, delaySamples: number, paddingSamples: number): Buffer {
  const tag = { encoder: 'LAME3.100', delaySamples, paddingSamples }
  const pieces = [{ frames: framesOf(mp3).length, sizeBytes: mp3.length }]
  const gapless = { start: tag, end: tag }
  return Buffer.concat([infoFrame({ header: mp3.subarray(0, 4), hasOneBitRate: true, pieces, gapless }), mp3])
}

describe('joined MP3', () => {
  it.each(['mp3_44100_128', 'mp3_22050_32', 'mp3_24000_48'])(
    'sounds as its pieces of %s do, but for the first frame of each',
    async (outputFormat) => {
      const parts = await Promise.all(
        [300, 440, 700].map((hertz, index) => encodeTone(outputFormat, 200 + 77 * index, hertz)),
      )

      const whole = await decode(await join(await Promise.all(parts.map((part) => pieceOf(part)))))

      let at = 0
      for (const part of parts) {
        const alone = await decode(part)
        // The filters of a decoder carry a little of the sound before over to the first frame.
        expect(difference(alone, whole.subarray(at), 1152)).toBeLessThan(1e-6)
        expect(difference(alone, whole.subarray(at), 0)).toBeLessThan(0.01)
        at += alone.length
      }
      expect(whole).toHaveLength(at)
    },
  )

  it('mutes frames that need bytes from before their piece, and no others', async () => {
    const frames = framesOf(speech)
    const middle = Buffer.concat(frames.slice(100))
    const wanted = (await decode(speech)).subarray(100 * 1152)

    const whole = await decode(await join([await pieceOf(speech), await pieceOf(middle)]))

    const joint = frames.length * 1152
    expect(whole).toHaveLength(joint + wanted.length)
    // Three frames need more than is there; a fourth one has a part of its sound from the third.
    expect(difference(wanted, whole.subarray(joint), 4 * 1152)).toBeLessThan(1e-6)
    expect(difference(whole.subarray(joint, joint + 3 * 1152), new Float32Array(), 1152)).toBeLessThan(1e-3)
  })

  it('states its exact length, where the encoder has stated that of the pieces', async () => {
    const mp3 = await encodeTone('mp3_44100_128', 500, 440)
    const tagged = await pieceOf(withTag(mp3, 576, 1000))

    const joined = await join([tagged, tagged, tagged])

    expect(joined.indexOf('LAME3.100')).toBeLessThan(200)
    const frames = framesOf(mp3).length * 3
    expect(await decode(joined, true)).toHaveLength(frames * 1152 - 576 - 1000)
    // Whoever does not read it plays all frames.
    expect(Math.abs((await durationMsOf(joined)) - (frames * 1152) / 44.1)).toBeLessThan(1)
  })

  it.each(['mp3_44100_128', 'mp3_22050_32'])(
    'of %s has each of 60 pieces where it says, to a tenth of a millisecond',
    async (outputFormat) => {
      const odd = await Promise.all(
        [101, 173, 137].map((lengthMs) => encodeTone(outputFormat, lengthMs, 440)),
      )
      const pieces = await Promise.all(
        Array.from({ length: 60 }, (_, index) => pieceOf(odd[index % 3] as Buffer)),
      )
      const alone = await Promise.all(odd.map((mp3) => decode(mp3)))

      const { joined, startsMs } = await joinWithStarts(pieces)

      const whole = await decode(joined)
      const samplesPerMs = Number(outputFormat.split('_')[1]) / 1000
      const last = alone[59 % 3] as Float32Array
      const start = Math.round((startsMs[59] as number) * samplesPerMs)
      expect(whole).toHaveLength(start + last.length)
      expect(difference(last, whole.subarray(start), 1152)).toBeLessThan(1e-6)
    },
  )

  it('counts with the delay that the encoders of its pieces have stated', async () => {
    const mp3 = await encodeTone('mp3_44100_128', 500, 440)
    const [bare, tagged] = [await pieceOf(mp3), await pieceOf(withTag(mp3, 576, 1000))]
    const lengthSamples = framesOf(mp3).length * 1152

    const startsOf = async (pieces: Awaited<ReturnType<typeof pieceOf>>[]) =>
      (await joinWithStarts(pieces)).startsMs.map((startMs) => Math.round(startMs * 44.1))

    // What is dropped in front of a piece on its own is not dropped within the whole.
    expect(await startsOf([bare, tagged, bare])).toEqual([0, lengthSamples + 576, 2 * lengthSamples])
    expect(await startsOf([tagged, tagged, bare])).toEqual([0, lengthSamples, 2 * lengthSamples - 576])
  })

  it('has nothing of the pieces but their frames of audio', async () => {
    const mp3 = await encodeTone('mp3_44100_128', 300, 440)
    const bare = await pieceOf(mp3)
    const id3v2 = Buffer.from('ID3\x04\0\0\0\0\0\x08\xff\xfb\x90\xc4\xff\xfb\x90\xc4', 'latin1')
    const id3v1 = Buffer.alloc(128, 'TAG')
    const cutFrame = mp3.subarray(0, 200)
    const dressed = await pieceOf(Buffer.concat([id3v2, withTag(mp3, 576, 1000), id3v1]))
    const cut = await pieceOf(Buffer.concat([mp3, cutFrame]))

    const joined = framesOf(await join([dressed, cut, bare]))

    expect(Buffer.concat(joined.slice(1)).equals(Buffer.concat([mp3, mp3, mp3]))).toBe(true)
  })

  it.each(['mp3_44100_128', 'mp3_22050_32'])(
    'leads players of %s to where a second is',
    async (outputFormat) => {
      const pieces = await Promise.all(
        [500, 1500, 700].map(async (durationMs) => pieceOf(await encodeTone(outputFormat, durationMs, 440))),
      )

      const joined = await join(pieces)

      const table = [...joined.subarray(joined.indexOf('Info') + 16).subarray(0, 100)]
      // All frames have one bit rate: half of the time is half of the bytes.
      for (const [percent, place] of table.entries()) expect(Math.abs(place - percent * 2.56)).toBeLessThan(4)
      expect(joined.readUInt32BE(joined.indexOf('Info') + 8)).toBe(framesOf(joined).length - 1)
      expect(joined.readUInt32BE(joined.indexOf('Info') + 12)).toBe(joined.length)
    },
  )

  it('is refused where a piece has only a tag', async () => {
    const tag = withTag(Buffer.from(framesOf(speech)[0] ?? []), 0, 0).subarray(0, -208)

    await expect(join([await pieceOf(tag)])).rejects.toThrow('Piece 1 has no frame of MP3')
  })
})
