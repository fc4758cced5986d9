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
 * The alignment of a text that was spoken in parts, given in their order. It has characters only where all parts have.
 * `undefined` where the parts do not fit into the text.
 */
export function mergeAlignments(text: string, parts: readonly AlignedPart[]): Alignment | undefined {
  const isWords = parts.some(({ alignment }) => alignment.unit === 'word')
  const spans = parts.flatMap(({ alignment, start, startMs }, index) => {
    // A time behind the end of its part must not push those of the next part back.
    const nextMs = parts[index + 1]?.startMs ?? Number.POSITIVE_INFINITY
    return (isWords ? wordsOf(alignment) : alignment.spans).map((span) => ({
      start: span.start + start,
      end: span.end + start,
      startMs: Math.min(span.startMs + startMs, nextMs),
      endMs: Math.min(span.endMs + startMs, nextMs),
    }))
  })
  return alignmentOf(text, isWords ? 'word' : 'character', spans)
}
