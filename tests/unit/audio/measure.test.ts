import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
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
  const { durationMs, mimeType, fileExtension } = await measureAudio(await encoded(format), name)

  expect([mimeType, fileNameOf({ id: 'clip', fileExtension })]).toEqual(kinds[format.codec])
  expect(mimeTypeOf(name)).toBe(mimeType)
  // MP3 comes in whole frames, with the encoder's delay before them.
  expect(Math.abs(durationMs - DURATION_MS)).toBeLessThan(format.codec === 'mp3' ? 130 : 5)
})

it('measures MP3 exactly, although its frames differ by a byte', async () => {
  const encoder = await createEncoder(readOutputFormat('mp3_22050_32') as OutputFormat, SPOKEN_AT_HZ)
  const parts = Array.from({ length: 75 }, () => encoder.encode(tone))
  const mp3 = new Blob([...parts, encoder.end()])

  const { durationMs } = await measureAudio(mp3, 'mp3_22050_32')

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

  expect(await measureAudio(new Blob([wav]), 'wav_16000')).toEqual({
    mimeType: 'audio/wav',
    fileExtension: 'wav',
    durationMs: DURATION_MS,
  })
})

it('measures Opus as such where PCM was requested', async () => {
  const opus = await encoded({ codec: 'opus', sampleRateHz: 48_000, bitRateKbps: 48 })

  expect(await measureAudio(opus, 'pcm_16000')).toMatchObject({
    mimeType: 'audio/ogg',
    durationMs: DURATION_MS,
  })
})

it('refuses a file without sound', async () => {
  const header = (await encoded({ codec: 'wav', sampleRateHz: SPOKEN_AT_HZ })).slice(0, 44)

  for (const audio of [header, new Blob(['<html>'])]) {
    await expect(measureAudio(audio, 'wav_16000')).rejects.toMatchObject({ code: 'speech_invalid_answer' })
  }
})

it('measures the MP3 of the fixture as ffprobe does', async () => {
  const mp3 = readFileSync(path.join(import.meta.dirname, '../../fixtures/speech.mp3'))

  const { durationMs } = await measureAudio(new Blob([mp3]), 'mp3_44100_64')

  expect(Math.abs(durationMs - 4624)).toBeLessThan(2)
})
