import { MPEGDecoder } from 'mpg123-decoder'
import { isMonoMp3 } from '#lib/audio/mp3.ts'
import { PLAIN_PCM, readWavHeader, type WavHeader, wavDataBytes } from '#lib/audio/wav.ts'

/** Samples from -1 to 1; those of two channels alternate, left first. */
export interface DecodedAudio {
  samples: Float32Array
  sampleRateHz: number
  channels: 1 | 2
}

/** Decodes bytes as they arrive. Returns `undefined` as long as they are too few for a sample. */
export interface AudioDecoder {
  /** @throws when the bytes are not of the decoder's format */
  decode(bytes: Uint8Array): DecodedAudio | undefined
}

/** The formats that can be decoded. Bare samples do not state their rate. */
export type DecoderFormat =
  | { codec: 'mp3' }
  | { codec: 'wav'; sizeBytes: number }
  | { codec: 'pcm'; sampleRateHz: number }

/** A decoder for MP3, or for 16-bit PCM with or without a WAV header. It blocks its thread while it decodes. */
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
  // The encoder's delay is kept, since whatever measures or plays MP3 counts it as well.
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
      // The decoder returns two equal channels for one.
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
  let remainingBytes = 0
  function begin(bytes: Uint8Array): Uint8Array {
    const header = readWavHeader(bytes)
    if (!header || !isPlainPcm(header)) throw new Error('The WAV does not consist of 16-bit PCM samples')
    pcm = createPcmDecoder(header.sampleRateHz, header.channels as 1 | 2)
    remainingBytes = wavDataBytes(header, sizeBytes)
    return bytes.subarray(header.dataOffset)
  }
  return {
    decode(bytes) {
      const data = (pcm ? bytes : begin(bytes)).subarray(0, remainingBytes)
      remainingBytes -= data.length
      return pcm?.decode(data)
    },
  }
}

function isPlainPcm({ formatTag, bitsPerSample, channels }: WavHeader): boolean {
  return formatTag === PLAIN_PCM && bitsPerSample === 16 && (channels === 1 || channels === 2)
}

function createPcmDecoder(sampleRateHz: number, channels: 1 | 2): AudioDecoder {
  const frameBytes = 2 * channels
  /** Bytes of a frame that is not complete yet. */
  let incomplete: Uint8Array = new Uint8Array()
  return {
    decode(bytes) {
      const all = Buffer.concat([incomplete, bytes])
      const count = Math.floor(all.length / frameBytes) * channels
      incomplete = Uint8Array.from(all.subarray(count * 2))
      if (count === 0) return undefined
      const samples = new Float32Array(count)
      for (let index = 0; index < count; index++) samples[index] = all.readInt16LE(index * 2) / 0x8000
      return { samples, sampleRateHz, channels }
    },
  }
}
