import { parentPort } from 'node:worker_threads'
import { createEncoder } from '#lib/audio/encoders.ts'
import type { OutputFormat } from '#lib/audio/formats.ts'
import { FLITE_SAMPLE_RATE_HZ, speakWithFlite } from './flite.ts'
import { toPieces } from './flite-text.ts'

/** One text for the thread to speak. */
export interface SpeechJob {
  text: string
  voice: string
  durationStretch: number
  format: OutputFormat
  /** One 32-bit number that both sides count in: the bytes sent and not yet taken. */
  bytesInFlight: Int32Array
}

/** Audio in order, then how it ended: all of it is sent, or the text had nothing that could be heard. */
export type SpeechMessage = Uint8Array | 'spoken' | 'silent'

/** While more than this waits to be taken, the thread waits too. */
const MAX_BYTES_IN_FLIGHT = 1024 * 1024

/** Flite's silence is not quite zero: it stays below 0.003, speech goes above 0.2. */
const AUDIBLE_LEVEL = 0.02

parentPort?.on('message', async (job: SpeechJob) => {
  const encoder = await createEncoder(job.format, FLITE_SAMPLE_RATE_HZ)
  let isHeard = false
  for (const piece of toPieces(job.text)) {
    const samples = speakWithFlite(piece, job)
    isHeard ||= samples.some((sample) => Math.abs(sample) > AUDIBLE_LEVEL)
    if (isHeard) send(encoder.encode(samples), job)
  }
  const rest = encoder.end()
  if (isHeard) send(rest, job)
  parentPort?.postMessage(isHeard ? 'spoken' : ('silent' satisfies SpeechMessage))
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
