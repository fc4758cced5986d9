import { parentPort, workerData } from 'node:worker_threads'
import { createDecoder, type DecodedAudio, type DecoderFormat } from './decoders.ts'
import { createOpusEncoder, type OpusEncoder } from './encoder.ts'

/** What the thread is to make Opus of. */
export interface ReencodeJob {
  format: DecoderFormat
  bitRateKbps: number
}

/** Bytes to re-encode, or `null` after the last ones. Each is answered with the Opus that it gave. */
export type ReencodeMessage = Uint8Array | null

const job = workerData as ReencodeJob
const decoder = createDecoder(job.format)
let encoder: { of: DecodedAudio; opus: OpusEncoder } | undefined

parentPort?.on('message', async (bytes: ReencodeMessage) => {
  const opus = bytes === null ? end() : await reencode(bytes)
  parentPort?.postMessage(opus, [opus.buffer])
})

async function reencode(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const audio = (await decoder).decode(bytes)
  if (!audio) return new Uint8Array()
  encoder ??= { of: audio, opus: await createOpusEncoder({ ...audio, bitRateKbps: job.bitRateKbps }) }
  const { of, opus } = encoder
  if (of.sampleRateHz !== audio.sampleRateHz || of.channels !== audio.channels) {
    throw new Error('The audio changes its sample rate or its channels on the way')
  }
  return opus.encode(audio.samples)
}

function end(): Uint8Array<ArrayBuffer> {
  if (!encoder) throw new Error('There is nothing to hear in the audio')
  return encoder.opus.end()
}
