import { BLANK, CLAUSE, PARAGRAPH, rankCuts, SENTENCE } from './rank-cuts.ts'

/** A part of a longer text. */
interface TextPiece {
  text: string
  /** Where it begins in the whole text, as an index of a JavaScript string (UTF-16). */
  start: number
}

/** How full a piece is on the average: the next cut is seldom exactly at the limit. */
const FULL = 0.95
/** How long a piece must be for a cut of each kind, as a share of the length that is wanted. */
const leastShares = [
  [PARAGRAPH, 0.75],
  [SENTENCE, 0.5],
  [CLAUSE, 0.5],
  [BLANK, 0.5],
] as const

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/**
 * Cuts a text into pieces of at most `maxCharacters` characters, as even as the text allows: at the end of a paragraph
 * where one is near, else of a sentence, else of a clause or a line, else at a blank, else between two graphemes. Only
 * a grapheme that is longer than a piece may be is cut itself.
 *
 * Characters are Unicode code points, which is how speech vendors and this service count them. The pieces have all of
 * them, but for the blanks at the cuts and at both ends of the text; a text of blanks gives none.
 *
 * @throws RangeError when `maxCharacters` is no whole number above 0
 */
export function cutText(text: string, maxCharacters: number): TextPiece[] {
  if (!Number.isInteger(maxCharacters) || maxCharacters < 1) {
    throw new RangeError(`maxCharacters is ${maxCharacters}: it must be a whole number above 0`)
  }
  const trimmed = text.trimEnd()
  const ranks = rankCuts(trimmed)
  const indexes = characterIndexes(trimmed)
  const length = indexes.length - 1
  const indexOf = (character: number) => indexes[character] as number
  const pieces: TextPiece[] = []
  // Positions are counted in characters; `indexOf` says where each of them begins.
  let position = 0

  function nextCut(): number {
    const rest = length - position
    if (rest <= maxCharacters) return length
    const wanted = Math.ceil(rest / Math.ceil(rest / (maxCharacters * FULL)))
    const from = indexOf(position)
    // No more than a piece is looked at: an endless grapheme would be read again and again.
    const window = graphemes.segment(trimmed.slice(from, indexOf(position + maxCharacters) + 2))
    const graphemeAt = (index: number) => from + (window.containing(index - from)?.index ?? index - from)
    for (const [rank, share] of leastShares) {
      const size = nearest(wanted, Math.ceil(wanted * share), maxCharacters, (size) => {
        const index = indexOf(position + size)
        return (ranks[index] as number) >= rank && graphemeAt(index) === index
      })
      if (size) return position + size
    }
    const grapheme = graphemeAt(indexOf(position + wanted))
    return position + (nearest(wanted, 1, wanted, (size) => indexOf(position + size) === grapheme) ?? wanted)
  }

  for (;;) {
    while (position < length && isBlankAt(trimmed, indexOf(position))) position += 1
    if (position >= length) return pieces
    const cut = nextCut()
    const start = indexOf(position)
    pieces.push({ text: trimmed.slice(start, indexOf(cut)).trimEnd(), start })
    position = cut
  }
}

/** The number from `least` to `most` that is nearest to `wanted` among those that are `right`. */
function nearest(wanted: number, least: number, most: number, right: (number: number) => boolean) {
  for (let distance = 0; distance <= Math.max(wanted - least, most - wanted); distance++) {
    for (const number of [wanted + distance, wanted - distance]) {
      if (number >= least && number <= most && right(number)) return number
    }
  }
  return undefined
}

const isBlankAt = (text: string, index: number) => /\s/.test(text[index] as string)

/** Where each character begins, and the length of the text behind them. */
function characterIndexes(text: string): Uint32Array {
  const indexes = new Uint32Array(text.length + 1)
  let count = 0
  for (const character of text) {
    indexes[count + 1] = (indexes[count] as number) + character.length
    count += 1
  }
  return indexes.subarray(0, count + 1)
}
