import { type Alignment, alignmentOf } from './alignment.ts'
import { wordsOf } from './words.ts'

/** A part of a longer text: where its text and its audio begin in the whole. */
export interface AlignedPart {
  alignment: Alignment
  /** The code unit of the whole text at which its text begins. */
  start: number
  /** Where its audio begins in that of the whole. */
  startMs: number
}

/**
 * The alignment of a text that was spoken in parts, given in their order. It has characters only where all parts have. `undefined` where
 * the parts do not fit into the text.
 */
export function mergeAlignments(text: string, parts: readonly AlignedPart[]): Alignment | undefined {
  const isWords = parts.some(({ alignment }) => alignment.unit === 'word')
  const spans = parts.flatMap(({ alignment, start, startMs }) =>
    (isWords ? wordsOf(alignment) : alignment.spans).map((span) => ({
      start: span.start + start,
      end: span.end + start,
      startMs: span.startMs + startMs,
      endMs: span.endMs + startMs,
    })),
  )
  return alignmentOf(text, isWords ? 'word' : 'character', spans)
}
