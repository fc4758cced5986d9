import { expect, it } from 'vitest'
import { headerlessFormat, isOutputFormat, outputFormats, readOutputFormat } from '#lib/audio/formats.ts'

it('the output formats are those of ElevenLabs', () => {
  expect(outputFormats).toHaveLength(28)
  expect(
    ['mp3_44100_128', 'opus_48000_64', 'pcm_16000', 'wav_48000', 'ulaw_8000'].every(isOutputFormat),
  ).toBe(true)
  expect(['mp3', 'mp3_44100', 'mp3_44100_129', 'MP3_44100_128', ' pcm_16000', ''].some(isOutputFormat)).toBe(
    false,
  )
})

it('every output format is parsed into codec, sample rate and bit rate', () => {
  expect(outputFormats.map(readOutputFormat)).not.toContain(undefined)
  expect(readOutputFormat('mp3_22050_32')).toEqual({ codec: 'mp3', sampleRateHz: 22050, bitRateKbps: 32 })
  expect(readOutputFormat('wav_44100')).toEqual({ codec: 'wav', sampleRateHz: 44100 })
})

it.each(['pcm_16000_2', 'mp3_44100', 'flac_44100_1', 'pcm_', 'xpcm_16000', ''])(
  '"%s" is parsed as no output format',
  (text) => {
    expect(readOutputFormat(text)).toBeUndefined()
  },
)

it.each([
  ['pcm_16000', 'audio/pcm', 32_000],
  ['pcm_44100', 'audio/pcm', 88_200],
  ['ulaw_8000', 'audio/basic', 8000],
  ['alaw_8000', 'audio/x-alaw-basic', 8000],
])(
  '%s has no header, and its media type and bytes per second are known',
  (format, mimeType, bytesPerSecond) => {
    expect(headerlessFormat(format)).toMatchObject({ mimeType, bytesPerSecond })
  },
)

it.each(['mp3_44100_128', 'wav_44100', 'opus_48000_64', 'nonsense'])(
  '%s is no format without a header',
  (format) => {
    expect(headerlessFormat(format)).toBeUndefined()
  },
)
