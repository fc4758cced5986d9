import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createEncoder } from '#lib/audio/encoders.ts'
import { mimeTypeOf, type OutputFormat, outputFormats, readOutputFormat } from '#lib/audio/formats.ts'
import { measureAudio } from '#lib/audio/measure.ts'
import { fileNameOf } from '#lib/model/clip.ts'

const DURATION_MS = 4000
const SPOKEN_AT_HZ = 16_000

const tone = Float32Array.from({ length: (DURATION_MS / 1000) * SPOKEN_AT_HZ }, (_, index) =>
  Math.sin((2 * Math.PI * 220 * index) / SPOKEN_AT_HZ),
)

async function encoded(format: OutputFormat): Promise<Blob> {
  const isLogarithmic = format.codec === 'ulaw' || format.codec === 'alaw'
  if (isLogarithmic) return new Blob([new Uint8Array((DURATION_MS / 1000) * format.sampleRateHz)])
  const encoder = await createEncoder(format, SPOKEN_AT_HZ)
  return new Blob([encoder.encode(tone), encoder.end()])
}

const kinds: Record<string, [mimeType: string, fileName: string]> = {
  mp3: ['audio/mpeg', 'clip.mp3'],
  opus: ['audio/ogg', 'clip.opus'],
  pcm: ['audio/pcm', 'clip.pcm'],
  wav: ['audio/wav', 'clip.wav'],
  ulaw: ['audio/basic', 'clip.ulaw'],
  alaw: ['audio/x-alaw-basic', 'clip.alaw'],
}

it.each(outputFormats)('measures media type, extension and duration of %s', async (name) => {
  const format = readOutputFormat(name) as OutputFormat
  const { durationMs, mimeType, fileExtension } = await measureAudio((await encoded(format)).stream(), name)

  expect([mimeType, fileNameOf({ id: 'clip', fileExtension })]).toEqual(kinds[format.codec])
  expect(mimeTypeOf(name)).toBe(mimeType)
  // MP3 comes in whole frames, with the encoder's delay before them.
  expect(Math.abs(durationMs - DURATION_MS)).toBeLessThan(format.codec === 'mp3' ? 130 : 5)
})

it('measures MP3 exactly, although its frames differ by a byte', async () => {
  const encoder = await createEncoder(readOutputFormat('mp3_22050_32') as OutputFormat, SPOKEN_AT_HZ)
  const parts = Array.from({ length: 75 }, () => encoder.encode(tone))
  const mp3 = new Blob([...parts, encoder.end()])

  const { durationMs } = await measureAudio(mp3.stream(), 'mp3_22050_32')

  expect(Math.abs(durationMs - 300_000)).toBeLessThan(130)
})

it.each([
  ['nothing', 0, 0],
  ['as much as fits the field', 0xffff_ffff, 0xffff_ffff],
  ['more than there is', 0x7fff_ffff, 0x7fff_ffff],
  ['the truth', 36 + tone.length * 2, tone.length * 2],
])('measures WAV by its samples where the header claims %s', async (_, riffBytes, dataBytes) => {
  const wav = Buffer.from(await (await encoded({ codec: 'wav', sampleRateHz: SPOKEN_AT_HZ })).arrayBuffer())
  wav.writeUInt32LE(riffBytes, 4)
  wav.writeUInt32LE(dataBytes, 40)

  expect(await measureAudio(new Blob([wav]).stream(), 'wav_16000')).toEqual({
    mimeType: 'audio/wav',
    fileExtension: 'wav',
    durationMs: DURATION_MS,
    isWhole: dataBytes === tone.length * 2,
  })
})

describe('a header that lies', () => {
  const bytesOf = async (format: OutputFormat) => Buffer.from(await (await encoded(format)).arrayBuffer())
  const durationOf = async (bytes: Uint8Array<ArrayBuffer>, name: string) =>
    (await measureAudio(new Blob([bytes]).stream(), name)).durationMs

  it('does not change the duration of an MP3 whose Xing tag claims 100,000,000 frames', async () => {
    const mp3 = await bytesOf({ codec: 'mp3', sampleRateHz: 44_100, bitRateKbps: 128 })
    const xing = Buffer.alloc(417)
    mp3.copy(xing, 0, 0, 4)
    // Mono frames of MPEG 1 have 17 bytes of side information; the tag says that it states the number of frames.
    xing.set(Buffer.from('Xing\0\0\0\u0001'), 4 + 17)
    xing.writeUInt32BE(100_000_000, 4 + 17 + 8)

    expect(await durationOf(Buffer.concat([xing, mp3]), 'mp3_44100_128')).toBe(
      await durationOf(mp3, 'mp3_44100_128'),
    )
  })

  it('does not change the duration of an Opus stream whose last page claims 15 hours', async () => {
    const opus = await bytesOf({ codec: 'opus', sampleRateHz: 48_000, bitRateKbps: 48 })
    opus.writeBigInt64LE(48_000n * 54_000n, opus.lastIndexOf('OggS') + 6)

    expect(Math.abs((await durationOf(opus, 'opus_48000_48')) - DURATION_MS)).toBeLessThan(50)
  })

  it('does not shorten a WAV that states less than there is', async () => {
    const wav = await bytesOf({ codec: 'wav', sampleRateHz: SPOKEN_AT_HZ })
    wav.writeUInt32LE(1000, 40)

    expect(await durationOf(wav, 'wav_16000')).toBe(DURATION_MS)
  })

  it('does not change the duration of a WAV that states another number of bytes a second', async () => {
    const wav = await bytesOf({ codec: 'wav', sampleRateHz: SPOKEN_AT_HZ })
    wav.writeUInt32LE(16, 28)

    expect(await durationOf(wav, 'wav_16000')).toBe(DURATION_MS)
  })
})

it.each([
  ['mp3_44100_128', 1],
  ['opus_48000_48', 1],
  ['wav_16000', 1],
  ['mp3_44100_128', 5000],
  ['opus_48000_48', 5000],
])(
  'says whether %s is there to its last frame: not without its last %i bytes',
  async (name, missingBytes) => {
    const audio = await encoded(readOutputFormat(name) as OutputFormat)
    const cut = audio.slice(0, audio.size - missingBytes)

    expect(await measureAudio(audio.stream(), name)).toMatchObject({ isWhole: true })
    expect(await measureAudio(cut.stream(), name)).toMatchObject({ isWhole: false })
  },
)

it('does not take a source that fails for one that is no audio', async () => {
  const failure = new Error('EIO: i/o error, read')
  for (const beginning of ['ID3', 'fLaC', 'RIFF', 'OggS', '']) {
    async function* failing() {
      yield Buffer.from(beginning)
      throw failure
    }
    await expect(measureAudio(failing(), 'mp3_44100_128')).rejects.toBe(failure)
  }
})

it.each([7, 1000])('measures the same from chunks of %i bytes', async (chunkBytes) => {
  for (const name of ['mp3_44100_128', 'opus_48000_48', 'wav_16000']) {
    const audio = Buffer.from(await (await encoded(readOutputFormat(name) as OutputFormat)).arrayBuffer())
    async function* chunks() {
      for (let at = 0; at < audio.length; at += chunkBytes) yield audio.subarray(at, at + chunkBytes)
    }
    expect(await measureAudio(chunks(), name)).toEqual(await measureAudio(new Blob([audio]).stream(), name))
  }
})

it.each([['audio/flac', Buffer.concat([Buffer.from('fLaC\x80\0\0\x22', 'latin1'), flacInfo(8000, 16_000)])]])(
  'measures %s, which no request asks for',
  async (mimeType, bytes) => {
    expect(await measureAudio(new Blob([bytes]).stream(), '')).toMatchObject({ mimeType, durationMs: 2000 })
  },
)

/** STREAMINFO of a FLAC: https://www.rfc-editor.org/rfc/rfc9639#section-8.2 */
function flacInfo(sampleRateHz: number, samples: number): Buffer {
  const info = Buffer.alloc(34)
  info.writeUInt16BE(4096, 0)
  info.writeUInt16BE(4096, 2)
  // 20 bits of rate, 3 of channels - 1, 5 of bits a sample - 1, 36 of samples.
  info.writeBigUInt64BE((BigInt(sampleRateHz) << 44n) | (15n << 36n) | BigInt(samples), 10)
  return info
}

it('measures Opus as such where PCM was requested', async () => {
  const opus = await encoded({ codec: 'opus', sampleRateHz: 48_000, bitRateKbps: 48 })

  expect(await measureAudio(opus.stream(), 'pcm_16000')).toMatchObject({
    mimeType: 'audio/ogg',
    durationMs: DURATION_MS,
  })
})

it('refuses a file without sound', async () => {
  const header = (await encoded({ codec: 'wav', sampleRateHz: SPOKEN_AT_HZ })).slice(0, 44)

  for (const audio of [header, new Blob(['<html>'])]) {
    await expect(measureAudio(audio.stream(), 'wav_16000')).rejects.toMatchObject({
      code: 'speech_invalid_answer',
    })
  }
})

it('measures the MP3 of the fixture as ffprobe does', async () => {
  const mp3 = readFileSync(path.join(import.meta.dirname, '../../fixtures/speech.mp3'))

  const { durationMs } = await measureAudio(new Blob([mp3]).stream(), 'mp3_44100_64')

  expect(Math.abs(durationMs - 4624)).toBeLessThan(2)
})
