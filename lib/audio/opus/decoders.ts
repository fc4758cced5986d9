import { MPEGDecoder } from 'mpg123-decoder'
import { isMonoMp3 } from '#lib/audio/mp3.ts'
import { readWavHeader, type WavHeader, wavDataBytes } from '#lib/audio/wav.ts'

/** Samples from -1 to 1, left and right in turn where there are two channels. */
export interface DecodedAudio {
  samples: Float32Array
  sampleRateHz: number
  channels: 1 | 2
}

/** Turns encoded bytes into samples as they come; `undefined` as long as they are too few. */
export interface AudioDecoder {
  /** @throws when the bytes are not what they should be */
  decode(bytes: Uint8Array): DecodedAudio | undefined
}

/** What there is a decoder for; bare samples cannot say their own rate. */
export type DecoderFormat =
  | { codec: 'mp3' }
  | { codec: 'wav'; sizeBytes: number }
  | { codec: 'pcm'; sampleRateHz: number }

/** A decoder for MP3, or for 16-bit PCM with or without a WAV header. Blocks the thread while it decodes. */
export async function createDecoder(format: DecoderFormat): Promise<AudioDecoder> {
  switch (format.codec) {
    case 'mp3':
      return createMp3Decoder()
    case 'wav':
      return createWavDecoder(format.sizeBytes)
    case 'pcm':
      return createPcmDecoder(format.sampleRateHz, 1)
  }
}

async function createMp3Decoder(): Promise<AudioDecoder> {
  // The encoder's delay stays in: all that measure and play MP3 count it in.
  const decoder = new MPEGDecoder({ enableGapless: false })
  await decoder.ready
  let isMono: boolean | undefined
  return {
    decode(bytes) {
      isMono ??= isMonoMp3(bytes)
      const { channelData, samplesDecoded, sampleRate, errors } = decoder.decode(bytes)
      if (errors[0]) throw new Error(`The MP3 cannot be decoded: ${errors[0].message}`)
      if (samplesDecoded === 0) return undefined
      const [left, right] = channelData as [Float32Array, Float32Array]
      // It makes two channels of one.
      return isMono
        ? { samples: left, sampleRateHz: sampleRate, channels: 1 }
        : { samples: interleaved(left, right), sampleRateHz: sampleRate, channels: 2 }
    },
  }
}

function interleaved(left: Float32Array, right: Float32Array): Float32Array {
  const samples = new Float32Array(left.length * 2)
  for (const [index, sample] of left.entries()) {
    samples[index * 2] = sample
    samples[index * 2 + 1] = right[index] as number
  }
  return samples
}

function createWavDecoder(sizeBytes: number): AudioDecoder {
  let pcm: AudioDecoder | undefined
  let restBytes = 0
  function begin(bytes: Uint8Array): Uint8Array {
    const header = readWavHeader(bytes)
    if (!header || !isPlainPcm(header)) throw new Error('The WAV is not one of 16-bit samples')
    pcm = createPcmDecoder(header.sampleRateHz, header.channels as 1 | 2)
    restBytes = wavDataBytes(header, sizeBytes)
    return bytes.subarray(header.dataOffset)
  }
  return {
    decode(bytes) {
      const rest = pcm ? bytes : begin(bytes)
      const data = rest.subarray(0, restBytes)
      restBytes -= data.length
      return pcm?.decode(data)
    },
  }
}

function isPlainPcm({ formatTag, bitsPerSample, channels }: WavHeader): boolean {
  return formatTag === 1 && bitsPerSample === 16 && (channels === 1 || channels === 2)
}

function createPcmDecoder(sampleRateHz: number, channels: 1 | 2): AudioDecoder {
  const frameBytes = 2 * channels
  let rest: Uint8Array = new Uint8Array()
  return {
    decode(bytes) {
      const all = Buffer.concat([rest, bytes])
      const count = Math.floor(all.length / frameBytes) * channels
      rest = Uint8Array.from(all.subarray(count * 2))
      if (count === 0) return undefined
      const samples = new Float32Array(count)
      for (let index = 0; index < count; index++) samples[index] = all.readInt16LE(index * 2) / 0x8000
      return { samples, sampleRateHz, channels }
    },
  }
}
