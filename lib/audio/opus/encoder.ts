import libsamplerate from '@alexanderolsen/libsamplerate-js'
import { Encoder } from '@evan/opus/wasm/index.js'
import { createOggOpusWriter, GRANULES_PER_SECOND } from './ogg-muxer.ts'

const FRAMES_PER_SECOND = 50
const FRAME_GRANULES = GRANULES_PER_SECOND / FRAMES_PER_SECOND
/** The sample rates that libopus takes. */
const encoderRatesHz = [8000, 12_000, 16_000, 24_000, 48_000]
/** How many silent frames push the last samples out of the sample rate converter. */
const CONVERTER_TAIL_FRAMES = 1024

/** @see https://opus-codec.org/docs/opus_api-1.3.1/group__opus__encoderctls.html */
const controls = { setBitRate: 4002, setComplexity: 4010, getLookahead: 4027 }

interface OpusOptions {
  /** Of the samples that go in. */
  sampleRateHz: number
  channels: 1 | 2
  /** On average. */
  bitRateKbps: number
}

/** Encodes samples from -1 to 1 (those of two channels alternate, left first) as Ogg Opus, as they arrive. */
export interface OpusEncoder {
  encode(samples: Float32Array): Uint8Array<ArrayBuffer>
  /** Returns what is left. The whole stream lasts exactly as long as the samples. */
  end(): Uint8Array<ArrayBuffer>
}

/** An encoder on libopus. The same samples always give the same bytes. It blocks its thread while it encodes. */
export async function createOpusEncoder(options: OpusOptions): Promise<OpusEncoder> {
  const { sampleRateHz, channels } = options
  const rateHz = encoderRatesHz.find((rate) => rate >= sampleRateHz) ?? GRANULES_PER_SECOND
  const granulesPerFrame = GRANULES_PER_SECOND / rateHz
  const converter = rateHz === sampleRateHz ? undefined : await createConverter(options, rateHz)
  const encoder = createLibopus(options, rateHz)
  const lookahead = encoder.ctl(controls.getLookahead)
  const writer = createOggOpusWriter({
    sampleRateHz,
    channels,
    preSkipGranules: lookahead * granulesPerFrame,
  })
  const frame = new Int16Array((rateHz / FRAMES_PER_SECOND) * channels)
  let filled = 0
  let framesIn = 0
  let framesOut = 0
  let encodedGranules = 0

  function converted(samples: Float32Array): Float32Array {
    const result = converter ? converter.full(samples) : samples
    framesOut += result.length / channels
    return result
  }

  /** Adds converted samples, and returns the pages that they fill. */
  function add(samples: Iterable<number>): Uint8Array[] {
    const pages: Uint8Array[] = []
    for (const sample of samples) {
      frame[filled++] = Math.max(-1, Math.min(1, sample)) * 0x7fff
      if (filled < frame.length) continue
      pages.push(writer.write(encoder.encode(frame), FRAME_GRANULES))
      encodedGranules += FRAME_GRANULES
      filled = 0
    }
    return pages
  }

  return {
    encode(samples) {
      framesIn += samples.length / channels
      return joined(add(converted(samples)))
    },
    end() {
      const lengthGranules = Math.round((framesIn / sampleRateHz) * GRANULES_PER_SECOND)
      const missing = Math.max(0, Math.round((framesIn / sampleRateHz) * rateHz) - framesOut) * channels
      const tail = missing > 0 ? converted(new Float32Array(CONVERTER_TAIL_FRAMES * channels)) : []
      const pages = add(tail.slice(0, missing))
      // The output of the encoder is its lookahead behind its input.
      const neededGranules = lengthGranules + lookahead * granulesPerFrame
      while (encodedGranules < neededGranules || encodedGranules === 0) {
        pages.push(...add(new Float32Array(frame.length - filled)))
      }
      converter?.destroy()
      encoder.drop()
      return joined([...pages, writer.end(lengthGranules)])
    },
  }
}

function createConverter({ sampleRateHz, channels }: OpusOptions, rateHz: number) {
  const converterType = libsamplerate.ConverterType.SRC_SINC_FASTEST
  return libsamplerate.create(channels, sampleRateHz, rateHz, { converterType })
}

function createLibopus({ channels, bitRateKbps }: OpusOptions, rateHz: number) {
  const encoder = new Encoder({ channels, sample_rate: rateHz, application: 'audio' })
  encoder.ctl(controls.setBitRate, bitRateKbps * 1000)
  encoder.ctl(controls.setComplexity, 10)
  return encoder
}

function joined(pages: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(pages))
}
