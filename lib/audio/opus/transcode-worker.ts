import { parentPort, workerData } from 'node:worker_threads'
import { createDecoder, type DecodedAudio, type DecoderFormat } from './decoders.ts'
import { createOpusEncoder, type OpusEncoder } from './encoder.ts'

/** What the thread transcodes to Opus. */
export interface TranscodeJob {
  format: DecoderFormat
  bitRateKbps: number
}

/** Bytes to transcode, or `null` after the last ones. Each message is answered with the Opus bytes that it gave. */
export type TranscodeMessage = Uint8Array | null

const job = workerData as TranscodeJob
const decoder = createDecoder(job.format)
let encoder: { of: DecodedAudio; opus: OpusEncoder } | undefined

parentPort?.on('message', async (bytes: TranscodeMessage) => {
  const opus = bytes === null ? end() : await transcode(bytes)
  parentPort?.postMessage(opus, [opus.buffer])
})

async function transcode(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const audio = (await decoder).decode(bytes)
  if (!audio) return new Uint8Array()
  encoder ??= { of: audio, opus: await createOpusEncoder({ ...audio, bitRateKbps: job.bitRateKbps }) }
  const { of, opus } = encoder
  if (of.sampleRateHz !== audio.sampleRateHz || of.channels !== audio.channels) {
    throw new Error('The audio changes its sample rate or its number of channels')
  }
  return opus.encode(audio.samples)
}

function end(): Uint8Array<ArrayBuffer> {
  if (!encoder) throw new Error('The audio has no samples')
  return encoder.opus.end()
}
