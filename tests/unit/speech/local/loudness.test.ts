import { MPEGDecoder } from 'mpg123-decoder'
import { afterAll, describe, expect, it } from 'vitest'
import { systemClock } from '#lib/platform/clock.ts'
import { createLocalSpeech } from '#lib/speech/local/adapter.ts'
import { loadMeter } from '../../../support/ebur128.ts'
import { bytesOf, never } from '../speech-conformance.ts'

const meter = await loadMeter()
const text = 'Thank you for calling. Your order has been shipped, and will arrive on Tuesday at nine thirty.'

describe('the loudness of the built-in voice', { timeout: 60_000 }, () => {
  const speech = createLocalSpeech({
    modelId: 'any',
    outputFormat: 'pcm_16000',
    timeoutMs: 60_000,
    clock: systemClock,
  })
  afterAll(() => speech.close())

  async function measured(voiceId: string, outputFormat: string, spokenText = text) {
    const request = { text: spokenText, voiceId, outputFormat }
    const { audio } = await speech.speak(request, { signal: never })
    const samples = await decoded(await bytesOf(audio), outputFormat)
    const sampleRateHz = Number(outputFormat.split('_')[1])
    return {
      loudness: meter.ebur128_integrated_mono(sampleRateHz, samples),
      truePeak: meter.ebur128_true_peak_mono(sampleRateHz, samples),
    }
  }

  it.each([
    ['slt', 'pcm_16000'],
    ['slt', 'wav_44100'],
    ['slt', 'mp3_44100_128'],
    ['rms', 'pcm_16000'],
    ['rms', 'mp3_22050_32'],
    ['awb', 'pcm_48000'],
    ['awb', 'mp3_44100_32'],
  ])('is -16 LUFS with a true peak below -1.5 dBFS (%s, %s)', async (voiceId, outputFormat) => {
    const { loudness, truePeak } = await measured(voiceId, outputFormat)

    expect(Math.abs(loudness + 16)).toBeLessThan(0.5)
    expect(truePeak).toBeLessThanOrEqual(-1.5)
  })

  it.each(['slt', 'rms', 'awb'])('is the same for a single word (%s)', async (voiceId) => {
    const { loudness, truePeak } = await measured(voiceId, 'pcm_16000', 'No.')

    expect(Math.abs(loudness + 16)).toBeLessThan(0.7)
    expect(truePeak).toBeLessThanOrEqual(-1.5)
  })
})

async function decoded(bytes: Buffer, outputFormat: string): Promise<Float32Array> {
  if (!outputFormat.startsWith('mp3')) {
    const pcm = Uint8Array.from(outputFormat.startsWith('wav') ? bytes.subarray(44) : bytes)
    return Float32Array.from(new Int16Array(pcm.buffer), (sample) => sample / 0x8000)
  }
  const decoder = new MPEGDecoder()
  await decoder.ready
  const { channelData } = decoder.decode(bytes)
  decoder.free()
  return channelData[0] as Float32Array
}
