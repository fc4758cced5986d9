import { parentPort } from 'node:worker_threads'
import { createEncoder } from '#lib/audio/encoders.ts'
import type { OutputFormat } from '#lib/audio/formats.ts'
import { FLITE_SAMPLE_RATE_HZ } from './flite.ts'
import { speakPieces } from './pieces.ts'
import { isMostlyForeign } from './text/omitted.ts'
import { toSpokenText } from './text/spoken-text.ts'
import type { WordTime } from './word-times.ts'

/** One text for a thread to speak. */
export interface SpeechJob {
  text: string
  voice: string
  durationStretch: number
  format: OutputFormat
  /** Whether to tell when which word is spoken, for which Flite runs once more. */
  hasWordTimes: boolean
  /** One 32-bit number that both threads change: the bytes that were sent and are not taken yet. */
  bytesInFlight: Int32Array
}

/** What a thread tells beside the audio: first what it leaves out; the times of words as it speaks them. */
export type SpeechReport = { omittedCharacters: string[] } | { words: WordTime[] }

/** `silent` where the text gave nothing audible, `foreign` where most of it is of another script. */
export type SpeechEnding = 'spoken' | 'silent' | 'foreign'

/** Audio in order, reports, then how it ended. */
export type SpeechMessage = Uint8Array | SpeechReport | SpeechEnding

/** The thread waits while more than this was sent and is not taken yet. */
const MAX_BYTES_IN_FLIGHT = 1024 * 1024

/** The silence of Flite is not quite zero, but stays below 0.003; speech goes above 0.2. */
const AUDIBLE_LEVEL = 0.02

parentPort?.on('message', async (job: SpeechJob) => post(await speak(job)))

async function speak(job: SpeechJob): Promise<SpeechEnding> {
  if (isMostlyForeign(job.text)) return 'foreign'
  const { sentences, omittedCharacters } = toSpokenText(job.text)
  post({ omittedCharacters })
  const encoder = await createEncoder(job.format, FLITE_SAMPLE_RATE_HZ)
  let isAudible = false
  for (const { samples, words } of speakPieces(sentences, job)) {
    isAudible ||= samples.some((sample) => Math.abs(sample) > AUDIBLE_LEVEL)
    if (isAudible) send(encoder.encode(samples), job)
    if (words) post({ words: words.map((word) => later(word, encoder.delayMs ?? 0)) })
  }
  const last = encoder.end()
  if (isAudible) send(last, job)
  return isAudible ? 'spoken' : 'silent'
}

function later({ start, end, startMs, endMs }: WordTime, delayMs: number): WordTime {
  return { start, end, startMs: startMs + delayMs, endMs: endMs + delayMs }
}

function send(bytes: Uint8Array<ArrayBuffer>, { bytesInFlight }: SpeechJob) {
  if (bytes.length === 0) return
  for (;;) {
    const waiting = Atomics.load(bytesInFlight, 0)
    if (waiting <= MAX_BYTES_IN_FLIGHT) break
    Atomics.wait(bytesInFlight, 0, waiting)
  }
  Atomics.add(bytesInFlight, 0, bytes.length)
  post(bytes, [bytes.buffer])
}

function post(message: SpeechMessage, transfer: ArrayBuffer[] = []) {
  parentPort?.postMessage(message, transfer)
}
