import { sentenceEnds } from './sentence-ends.ts'

export const PARAGRAPH = 4
export const SENTENCE = 3
export const CLAUSE = 2
export const BLANK = 1

const clauseMark = /[,;:–—)\]،؛、，；：]/gu
/** Marks behind which a clause ends without a blank, too: not those within figures, such as 1,000 or 10:30. */
const loneMark = /[–—،؛、，；：]/u
const tag = /<[^<>]{1,200}>/g

/**
 * Ranks each index of a text as a place to cut it: 0 where there is none. A cut is before the blanks between two
 * pieces, and never within a tag.
 */
export function rankCuts(text: string): Uint8Array {
  const ranks = new Uint8Array(text.length + 1)
  const raise = (index: number, rank: number) => {
    ranks[index] = Math.max(ranks[index] as number, rank)
  }
  for (const { 0: blanks, index } of text.matchAll(/\s+/g)) {
    const lines = blanks.split(/\r\n|[\n\r\u2028]/).length - 1
    raise(index, lines > 1 || blanks.includes('\u2029') ? PARAGRAPH : lines === 1 ? CLAUSE : BLANK)
  }
  for (const { 0: mark, index } of text.matchAll(clauseMark)) {
    if (ranks[index + 1] || loneMark.test(mark)) raise(index + 1, CLAUSE)
  }
  for (const index of sentenceEnds(text)) raise(index, SENTENCE)
  for (const {
    0: { length },
    index,
  } of text.matchAll(tag))
    ranks.fill(0, index + 1, index + length)
  return ranks
}
