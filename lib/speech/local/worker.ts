import { parentPort } from 'node:worker_threads'
import { createEncoder } from '#lib/audio/encoders.ts'
import type { OutputFormat } from '#lib/audio/formats.ts'
import { FLITE_SAMPLE_RATE_HZ, speakWithFlite } from './flite.ts'
import { toPieces } from './flite-text.ts'

/** One text for a thread to speak. */
export interface SpeechJob {
  text: string
  voice: string
  durationStretch: number
  format: OutputFormat
  /** One 32-bit number that both threads change: the bytes that were sent and are not taken yet. */
  bytesInFlight: Int32Array
}

/** Audio in order, then how it ended: `spoken`, or `silent` where the text gave nothing audible. */
export type SpeechMessage = Uint8Array | 'spoken' | 'silent'

/** The thread waits while more than this was sent and is not taken yet. */
const MAX_BYTES_IN_FLIGHT = 1024 * 1024

/** The silence of Flite is not quite zero, but stays below 0.003; speech goes above 0.2. */
const AUDIBLE_LEVEL = 0.02

parentPort?.on('message', async (job: SpeechJob) => {
  const encoder = await createEncoder(job.format, FLITE_SAMPLE_RATE_HZ)
  let isAudible = false
  for (const piece of toPieces(job.text)) {
    const samples = speakWithFlite(piece, job)
    isAudible ||= samples.some((sample) => Math.abs(sample) > AUDIBLE_LEVEL)
    if (isAudible) send(encoder.encode(samples), job)
  }
  const last = encoder.end()
  if (isAudible) send(last, job)
  parentPort?.postMessage(isAudible ? 'spoken' : ('silent' satisfies SpeechMessage))
})

function send(bytes: Uint8Array<ArrayBuffer>, { bytesInFlight }: SpeechJob) {
  if (bytes.length === 0) return
  for (;;) {
    const waiting = Atomics.load(bytesInFlight, 0)
    if (waiting <= MAX_BYTES_IN_FLIGHT) break
    Atomics.wait(bytesInFlight, 0, waiting)
  }
  Atomics.add(bytesInFlight, 0, bytes.length)
  parentPort?.postMessage(bytes satisfies SpeechMessage, [bytes.buffer])
}
