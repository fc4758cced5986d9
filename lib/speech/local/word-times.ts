import { FLITE_SAMPLE_RATE_HZ, type Segment, speakWithFlite } from './flite.ts'
import type { Word } from './text/sentences.ts'

/** When a part of the original text is spoken: UTF-16 units from `start` up to `end`. */
export interface WordTime {
  start: number
  end: number
  startMs: number
  endMs: number
}

const SILENCE = 'pau'
/** Sounds that begin with the mouth closed: Flite counts the silence before they are heard as a part of them. */
const PLOSIVES = ['p', 't', 'k', 'b', 'd', 'g', 'ch', 'jh']
/** Of the peak of a plosive: more than the noise that the voice `awb` has while the mouth is closed. */
const AUDIBLE_SHARE = 0.2
/** Quick to speak; the sounds are the same. */
const REFERENCE_STRETCH = 0.02

/** Knows of which sounds a word is made: Flite does not say where in an utterance a word begins. */
export interface Pronunciations {
  /** The sounds of each word, in order. */
  of(words: string[]): string[][]
}

/** Has Flite speak every word on its own, once for each `Pronunciations`. */
export function createPronunciations(voice: string): Pronunciations {
  const known = new Map<string, string[]>()
  return {
    of(words) {
      const unknown = [...new Set(words)].filter((word) => !known.has(word))
      if (unknown.length > 0) {
        const { utterances } = speakWithFlite(unknown, { voice, durationStretch: REFERENCE_STRETCH })
        const isComplete = utterances.length === unknown.length
        for (const [index, word] of unknown.entries()) {
          known.set(word, isComplete ? soundsOf(utterances[index] as Segment[]) : [])
        }
      }
      return words.map((word) => known.get(word) as string[])
    },
  }
}

const soundsOf = (segments: Segment[]) =>
  segments.map(({ phone }) => phone).filter((phone) => phone !== SILENCE)

/** What Flite has made of words, and the samples of that. */
interface Utterance {
  segments: Segment[]
  samples: Float32Array
}

/** The times of `words` in the utterance that they make, from its beginning; words of one part of the original are one. */
export function timeWords(
  words: Word[],
  { segments, samples }: Utterance,
  pronunciations: Pronunciations,
): WordTime[] {
  const sounds = segments.map(
    (segment, index): Sound => ({
      phone: segment.phone,
      startMs: segments[index - 1]?.endMs ?? 0,
      endMs: segment.endMs,
    }),
  )
  const spoken = sounds.filter(({ phone }) => phone !== SILENCE)
  const expected = pronunciations.of(words.map(({ text }) => text.replace(/[.,?!]$/, '')))
  const owners = alignSounds(
    expected.flatMap((phones, word) => phones.map((phone) => ({ phone, word }))),
    spoken.map(({ phone }) => phone),
  )
  const times: WordTime[] = []
  words.forEach(({ start, end }, word) => {
    const own = spoken.filter((_, index) => owners[index] === word)
    const [first, last] = [own[0], own.at(-1)]
    if (!first || !last) return
    const before = times.at(-1)
    const startMs = audibleFrom(first, samples)
    if (!before || start >= before.end) times.push({ start, end, startMs, endMs: last.endMs })
    else {
      before.end = Math.max(before.end, end)
      before.endMs = last.endMs
    }
  })
  return times
}

type Sound = { phone: string; startMs: number; endMs: number }

/** When a sound is heard, in milliseconds. */
function audibleFrom({ phone, startMs, endMs }: Sound, samples: Float32Array): number {
  if (!PLOSIVES.includes(phone)) return startMs
  const samplesPerMs = FLITE_SAMPLE_RATE_HZ / 1000
  const levels = samples.subarray(startMs * samplesPerMs, endMs * samplesPerMs).map(Math.abs)
  const peak = levels.reduce((highest, level) => Math.max(highest, level), 0)
  const at = levels.findIndex((level) => level >= peak * AUDIBLE_SHARE)
  return startMs + Math.max(0, at) / samplesPerMs
}

/**
 * The word that each of the `spoken` sounds belongs to, by the alignment with the fewest edits: in a sentence some sounds
 * differ from those of the word alone, or are missing.
 */
function alignSounds(expected: { phone: string; word: number }[], spoken: string[]): (number | undefined)[] {
  const width = spoken.length + 1
  const costs = new Uint32Array((expected.length + 1) * width)
  const at = (row: number, column: number) => costs[row * width + column] as number
  const change = (row: number, column: number) =>
    at(row - 1, column - 1) + (expected[row - 1]?.phone === spoken[column - 1] ? 0 : 1)
  for (let row = 0; row <= expected.length; row++) {
    for (let column = 0; column <= spoken.length; column++) {
      if (row === 0 || column === 0) costs[row * width + column] = row + column
      else
        costs[row * width + column] = Math.min(
          change(row, column),
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
        )
    }
  }
  const owners = new Array<number | undefined>(spoken.length).fill(undefined)
  let [row, column] = [expected.length, spoken.length]
  while (row > 0 && column > 0) {
    if (at(row, column) === change(row, column)) {
      row--
      column--
      owners[column] = expected[row]?.word
    } else if (at(row, column) === at(row - 1, column) + 1) row--
    else {
      column--
      owners[column] = expected[row - 1]?.word
    }
  }
  return owners
}
