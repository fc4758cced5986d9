import { FLACDecoder } from '@wasm-audio-decoders/flac'
import { describe, expect, it } from 'vitest'
import { encodePcm } from '#lib/audio/encode-pcm.ts'
import { measureAudio } from '#lib/audio/measure.ts'

const sampleRateHz = 24_000
/** Two seconds of two tones, one of which rises. */
const samples = Int16Array.from(
  { length: 2 * sampleRateHz },
  (_, index) => 8000 * Math.sin(index * 0.05) + 3000 * Math.sin(index * index * 0.0001),
)

async function* cut(sizeBytes: number) {
  const bytes = new Uint8Array(samples.buffer)
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes)
}

const flac = { codec: 'flac', sampleRateHz } as const
const aac = { codec: 'aac', sampleRateHz, bitRateKbps: 96 } as const
const encoded = async (...input: Parameters<typeof encodePcm>) =>
  Buffer.concat(await Array.fromAsync(encodePcm(...input)))

describe('PCM', () => {
  it('comes back from FLAC sample by sample, which says how long it is', async () => {
    const bytes = await encoded(cut(4097), flac)
    expect(bytes.length).toBeLessThan(0.8 * samples.byteLength)
    const decoder = new FLACDecoder()
    await decoder.ready
    const { channelData, sampleRate } = await decoder.decodeFile(bytes)
    decoder.free()
    expect(sampleRate).toBe(sampleRateHz)
    expect(Int16Array.from(channelData[0] as Float32Array, (sample) => sample * 0x8000)).toEqual(samples)
    expect(await measureAudio(cutOne(bytes), 'flac_24000')).toMatchObject({
      mimeType: 'audio/flac',
      durationMs: 2000,
      isWhole: true,
    })
  })

  it('becomes AAC while it comes, as long as it was but for the delay of the encoder', async () => {
    const pieces = await Array.fromAsync(encodePcm(cut(4800), aac))
    expect(pieces.length).toBeGreaterThan(2)
    const { durationMs, ...facts } = await measureAudio(cutOne(Buffer.concat(pieces)), 'aac_24000_96')
    expect(facts).toMatchObject({ mimeType: 'audio/aac', fileExtension: 'aac' })
    expect(Math.abs(durationMs - 2000)).toBeLessThan(100)
  })

  it.each([flac, aac])('gives the same $codec however it is cut', async (encoding) => {
    expect(await encoded(cut(4097), encoding)).toEqual(await encoded(cut(50_000), encoding))
  })

  it('passes on what it fails with', async () => {
    async function* broken() {
      yield new Uint8Array(4800)
      throw new Error('The voice broke off')
    }
    await expect(encoded(broken(), aac)).rejects.toThrow('The voice broke off')
  })
})

async function* cutOne(bytes: Uint8Array) {
  yield bytes
}
