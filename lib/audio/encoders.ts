import libsamplerate from '@alexanderolsen/libsamplerate-js'
import { createMp3Encoder } from 'wasm-media-encoders'
import { createOpusEncoder } from '#lib/audio/opus/encoder.ts'
import type { OutputFormat } from './formats.ts'
import { toAlaw, toUlaw } from './g711.ts'
import { PLAIN_PCM, wavHeader } from './wav.ts'

/** Encodes mono samples from -1 to 1 as they arrive. `end` returns what is left. */
export interface Encoder {
  encode(samples: Float32Array): Uint8Array<ArrayBuffer>
  end(): Uint8Array<ArrayBuffer>
  /** How much later players give the sound, where the bytes do not say so. */
  delayMs?: number
}

const NO_BYTES = new Uint8Array()
const monoPcm = { formatTag: PLAIN_PCM, channels: 1, bitsPerSample: 16 }

/** An encoder for `mp3`, `opus`, `pcm`, `wav`, `ulaw` or `alaw`, whose samples come at `sampleRateHz`. */
export function createEncoder(format: OutputFormat, sampleRateHz: number): Promise<Encoder> {
  const { bitRateKbps = 64 } = format
  switch (format.codec) {
    case 'mp3':
      return createLameEncoder(format, sampleRateHz)
    case 'opus':
      return createOpusEncoder({ sampleRateHz, channels: 1, bitRateKbps })
    case 'wav':
      return createWavEncoder(format, sampleRateHz)
    case 'ulaw':
      return createPcmEncoder(format, sampleRateHz, (samples) => toUlaw(toInt16(samples)))
    case 'alaw':
      return createPcmEncoder(format, sampleRateHz, (samples) => toAlaw(toInt16(samples)))
    default:
      return createPcmEncoder(format, sampleRateHz)
  }
}

/** What LAME multiplies all samples with unless it is told otherwise, which this build of it cannot be: measured. */
const LAME_SCALE = 0.95

/** Of encoder and decoder together. A stream of MP3 does not say it: the tag for that is written when all is encoded. */
const LAME_DELAY_SAMPLES = 576 + 529

let lame: ReturnType<typeof createMp3Encoder> | undefined

async function createLameEncoder(format: OutputFormat, sampleRateHz: number): Promise<Encoder> {
  lame ??= createMp3Encoder()
  const encoder = await lame
  // Its types list the rates that LAME knows; `nearestFormat` has chosen among them.
  encoder.configure({
    channels: 1,
    sampleRate: sampleRateHz,
    outputSampleRate: format.sampleRateHz as 44100,
    bitrate: format.bitRateKbps as 128,
  })
  return {
    encode(samples) {
      const louder = samples.map((sample) => sample / LAME_SCALE)
      // What LAME returns is a view of its own memory.
      return encoder.encode([louder]).slice()
    },
    end: () => encoder.finalize().slice(),
    delayMs: (LAME_DELAY_SAMPLES / format.sampleRateHz) * 1000,
  }
}

/** Bare samples, each written by `write`. */
async function createPcmEncoder(format: OutputFormat, sampleRateHz: number, write = toPcm): Promise<Encoder> {
  if (format.sampleRateHz === sampleRateHz) return { encode: write, end: () => NO_BYTES }
  const converterType = libsamplerate.ConverterType.SRC_SINC_FASTEST
  const converter = await libsamplerate.create(1, sampleRateHz, format.sampleRateHz, { converterType })
  return {
    encode: (samples) => write(converter.full(samples)),
    end() {
      converter.destroy()
      return NO_BYTES
    },
  }
}

/** The header of a WAV states its length, so that no bytes can be returned before the end. */
async function createWavEncoder(format: OutputFormat, sampleRateHz: number): Promise<Encoder> {
  const pcm = await createPcmEncoder(format, sampleRateHz)
  const parts: Uint8Array[] = []
  return {
    encode(samples) {
      parts.push(pcm.encode(samples))
      return NO_BYTES
    },
    end() {
      parts.push(pcm.end())
      const samples = Buffer.concat(parts)
      return new Uint8Array(
        Buffer.concat([
          wavHeader({ ...monoPcm, sampleRateHz: format.sampleRateHz, dataBytes: samples.length }),
          samples,
        ]),
      )
    },
  }
}

/** 16-bit samples in the byte order of the machine: little-endian wherever Node.js runs. */
function toPcm(samples: Float32Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(toInt16(samples).buffer)
}

function toInt16(samples: Float32Array): Int16Array<ArrayBuffer> {
  return Int16Array.from(samples, (sample) => Math.max(-1, Math.min(1, sample)) * 0x7fff)
}
