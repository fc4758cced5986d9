import { FLITE_SAMPLE_RATE_HZ, type FliteSpeech, speakWithFlite } from './flite.ts'
import { level } from './level.ts'
import { MAX_PAUSE_MS } from './text/pause.ts'
import type { Sentence } from './text/sentences.ts'
import { createPronunciations, timeWords, type WordTime } from './word-times.ts'

/** Bounds the memory of one run of Flite and the time until the next byte. */
const MAX_PIECE_CHARACTERS = 400

const SAMPLES_PER_MS = FLITE_SAMPLE_RATE_HZ / 1000

interface Piece {
  /** Mono samples from -1 to 1. */
  samples: Float32Array
  /** From the beginning of the first piece; only where they were asked for. */
  words?: WordTime[]
}

interface PieceOptions {
  voice: string
  durationStretch: number
  hasWordTimes: boolean
}

/** Speaks sentences, as many at a time as have 400 characters or 10 s of silence, with the silences that they ask for. */
export function* speakPieces(sentences: Sentence[], options: PieceOptions): Generator<Piece> {
  const pronunciations = options.hasWordTimes ? createPronunciations(options.voice) : undefined
  let spokenMs = 0
  for (const piece of grouped(sentences)) {
    const speech = speakWithFlite(piece.map(textOf), options)
    const parts = partsOf(speech, piece)
    const words: WordTime[] = []
    let startMs = spokenMs
    for (const [index, { samples, pauseMs }] of parts.entries()) {
      const utterance = { segments: speech.utterances[index] ?? [], samples }
      for (const time of pronunciations
        ? timeWords(piece[index]?.words ?? [], utterance, pronunciations)
        : []) {
        words.push({ ...time, startMs: startMs + time.startMs, endMs: startMs + time.endMs })
      }
      startMs += samples.length / SAMPLES_PER_MS + pauseMs
    }
    const samples = joined(parts)
    spokenMs += samples.length / SAMPLES_PER_MS
    yield { samples, ...(pronunciations && { words }) }
  }
}

const textOf = ({ words }: Sentence) => words.map(({ text }) => text).join(' ')

function* grouped(sentences: Sentence[]): Generator<Sentence[]> {
  let piece: Sentence[] = []
  let length = 0
  let pausesMs = 0
  for (const sentence of sentences) {
    const characters = textOf(sentence).length
    if (piece.length > 0 && (length + characters > MAX_PIECE_CHARACTERS || pausesMs >= MAX_PAUSE_MS)) {
      yield piece
      piece = []
      length = 0
      pausesMs = 0
    }
    piece.push(sentence)
    length += characters
    pausesMs += sentence.pauseMs
  }
  if (piece.length > 0) yield piece
}

interface Part {
  samples: Float32Array
  pauseMs: number
}

/** The samples of each sentence; those of the whole piece where Flite made other utterances of it. */
function partsOf({ samples, utterances }: FliteSpeech, piece: Sentence[]): Part[] {
  const pauses = piece.map(({ pauseMs }) => pauseMs)
  if (utterances.length !== piece.length)
    return [{ samples, pauseMs: pauses.reduce((sum, ms) => sum + ms, 0) }]
  const endsMs: number[] = []
  for (const segments of utterances) endsMs.push((endsMs.at(-1) ?? 0) + (segments.at(-1)?.endMs ?? 0))
  // The times are of thousandths, the samples of frames.
  const samplesPerMs = samples.length / (endsMs.at(-1) || 1)
  const ends = [0, ...endsMs].map((endMs) => Math.round(endMs * samplesPerMs))
  return pauses.map((pauseMs, index) => ({
    samples: samples.subarray(ends[index], ends[index + 1]),
    pauseMs,
  }))
}

function joined(parts: Part[]): Float32Array {
  const pieces = parts.flatMap(({ samples, pauseMs }) => [
    samples,
    new Float32Array(pauseMs * SAMPLES_PER_MS),
  ])
  const all = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let position = 0
  for (const piece of pieces) {
    all.set(piece, position)
    position += piece.length
  }
  return level(all)
}
