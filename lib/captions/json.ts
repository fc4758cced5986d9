import type { Alignment, Span } from './alignment.ts'
import { wordsOf } from './words.ts'

interface Timed {
  text: string
  startMs: number
  endMs: number
}

/** The captions of an alignment as JSON. */
export interface CaptionsJson {
  text: string
  words: Timed[]
  /** Only where the vendor timed each character. */
  characters?: Timed[]
}

/** The words of an alignment, and its characters where it has them. */
export function asCaptionsJson(alignment: Alignment): CaptionsJson {
  const { text, unit, spans } = alignment
  const words = wordsOf(alignment).map((word) => timed(word.text, word))
  if (unit === 'word') return { text, words }
  return { text, words, characters: spans.map((span) => timed(text.slice(span.start, span.end), span)) }
}

const timed = (text: string, { startMs, endMs }: Span): Timed => ({ text, startMs, endMs })
