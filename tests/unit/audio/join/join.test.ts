import fc from 'fast-check'
import { parseBuffer } from 'music-metadata'
import { describe, expect, it } from 'vitest'
import { mimeTypeOf } from '#lib/audio/formats.ts'
import { durationMsOf, encodeTone, join, joinWithStarts, pieceOf } from '../../../support/audio-pieces.ts'

const compressed = ['mp3_44100_128', 'mp3_22050_32', 'opus_48000_32', 'opus_48000_64']
const plain = ['wav_16000', 'pcm_16000', 'ulaw_8000', 'alaw_8000']

const lengthsMs = [211, 333, 250, 417]
const made = new Map<string, Promise<Buffer[]>>()

/** Encodes the tones of a format once for all tests. */
function tonesOf(outputFormat: string): Promise<Buffer[]> {
  const tones =
    made.get(outputFormat) ??
    Promise.all(lengthsMs.map((durationMs, index) => encodeTone(outputFormat, durationMs, 300 + 200 * index)))
  made.set(outputFormat, tones)
  return tones
}

/** `count` pieces of a few lengths and pitches. */
async function somePieces(outputFormat: string, count: number, chunkBytes?: number) {
  const tones = await tonesOf(outputFormat)
  const pieces = await Promise.all(tones.map((bytes) => pieceOf(bytes, outputFormat, chunkBytes)))
  return Array.from({ length: count }, (_, index) => pieces[index % pieces.length] as (typeof pieces)[number])
}

const sumMs = (pieces: { durationMs: number }[]) => pieces.reduce((sum, piece) => sum + piece.durationMs, 0)

describe.each([...compressed, ...plain])('joined %s', (outputFormat) => {
  it('lasts as long as its 60 pieces together, within 50 ms', async () => {
    const pieces = await somePieces(outputFormat, 60)

    const joined = await join(pieces, outputFormat)

    expect(Math.abs((await durationMsOf(joined, outputFormat)) - sumMs(pieces))).toBeLessThan(50)
    if (!compressed.includes(outputFormat)) return
    const { format } = await parseBuffer(joined, { mimeType: mimeTypeOf(outputFormat) }, { duration: true })
    expect(Math.abs((format.duration ?? 0) * 1000 - sumMs(pieces))).toBeLessThan(50)
  })

  it('says where each of its 60 pieces begins, without drift', async () => {
    const pieces = await somePieces(outputFormat, 60)

    const { startsMs } = await joinWithStarts(pieces, outputFormat)

    expect(startsMs).toHaveLength(60)
    for (const [index, startMs] of startsMs.entries()) {
      expect(Math.abs(startMs - sumMs(pieces.slice(0, index)))).toBeLessThan(30)
    }
  })

  it('has the same bytes for the same pieces, in whatever chunks they come', async () => {
    const joined = await join(await somePieces(outputFormat, 5), outputFormat)

    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 7, max: 3000 }), async (chunkBytes) => {
        expect((await join(await somePieces(outputFormat, 5, chunkBytes), outputFormat)).equals(joined)).toBe(
          true,
        )
      }),
      { numRuns: 5 },
    )
  })

  it('closes all that it has opened', async () => {
    const pieces = await somePieces(outputFormat, 4)

    await join(pieces, outputFormat)

    for (const { counts } of pieces) expect(counts.closed).toBe(counts.opened)
  })

  it('is none where a piece has lost its end', async () => {
    const [whole, other] = await somePieces(outputFormat, 2)
    if (!whole || !other) throw new Error('no pieces')
    const cut = { ...other, sizeBytes: other.sizeBytes + 1 }

    await expect(join([whole, cut], outputFormat)).rejects.toMatchObject({
      name: 'JoinError',
      message: `Piece 2 has ${other.sizeBytes} bytes where ${cut.sizeBytes} were kept`,
    })
    expect(other.counts.closed).toBe(other.counts.opened)
  })
})

it.each([
  [
    'mp3_44100_128',
    'mp3_22050_32',
    'Piece 2 is MPEG-2 at 22050 Hz in mono, the first one MPEG-1 at 44100 Hz in mono',
  ],
  ['wav_16000', 'wav_24000', 'Piece 2 is WAV of format 1 at 24000 Hz, 16 bits, 1 channel'],
  ['opus_48000_32', 'mp3_44100_128', 'Piece 2 is MP3, the first one Ogg Opus'],
  ['mp3_44100_128', 'wav_16000', 'Piece 2 is WAV, the first one MP3'],
])('does not join %s and %s, and says why', async (first, second, message) => {
  const pieces = await Promise.all(
    [first, second].map(async (format) => pieceOf((await tonesOf(format))[0] as Buffer, format)),
  )

  await expect(join(pieces, first)).rejects.toThrow(message)

  for (const { counts } of pieces) expect(counts.closed).toBe(counts.opened)
})

it('does not join what is no audio', async () => {
  const html = await pieceOf(Buffer.from('<html>not found</html>'))

  await expect(join([html], 'mp3_44100_128')).rejects.toThrow('Piece 1 is neither MP3, Ogg Opus nor WAV')
})

it('joins Opus where PCM was asked for and the service re-encodes', async () => {
  const opus = await encodeTone('opus_48000_48', 300, 440)

  const joined = await join([await pieceOf(opus), await pieceOf(opus)], 'pcm_16000')

  expect(Math.abs((await durationMsOf(joined)) - 600)).toBeLessThan(20)
})

it('makes no bytes of no pieces', async () => {
  expect(await join([], 'mp3_44100_128')).toHaveLength(0)
})

it('keeps samples in step where a piece ends within one', async () => {
  const joined = await join(
    [await pieceOf(Buffer.from([1, 2, 3]), 'pcm_8000'), await pieceOf(Buffer.from([4, 5]), 'pcm_8000')],
    'pcm_8000',
  )

  expect([...joined]).toEqual([1, 2, 4, 5])
})

it('believes no header of a WAV that was written before its end was known', async () => {
  const wav = await encodeTone('wav_16000', 500, 440)
  const streamed = Buffer.from(wav)
  streamed.writeUInt32LE(0xffff_ffff, 40)

  const joined = await join(
    [await pieceOf(streamed, 'wav_16000'), await pieceOf(wav, 'wav_16000')],
    'wav_16000',
  )

  expect(joined.readUInt32LE(4)).toBe(joined.length - 8)
  expect(joined.readUInt32LE(40)).toBe(joined.length - 44)
  expect(joined.subarray(44).equals(Buffer.concat([wav.subarray(44), wav.subarray(44)]))).toBe(true)
})
