import { readAbbreviations } from './abbreviations.ts'
import { readAddresses } from './addresses.ts'
import { readArithmetic } from './arithmetic.ts'
import { tidyCharacters } from './characters.ts'
import { readCodes } from './codes.ts'
import { readDates } from './dates.ts'
import { readFigures } from './figures.ts'
import { readLetters } from './letters.ts'
import { readMarkdown } from './markdown.ts'
import { readMarkup } from './markup.ts'
import { readMoney } from './money.ts'
import { omittedFrom } from './omitted.ts'
import { readPunctuation } from './punctuation.ts'
import { type Sentence, toSentences } from './sentences.ts'
import { sourceText } from './source-text.ts'
import { readUnits } from './units.ts'

/** What becomes of a text before it is spoken. */
export interface SpokenText {
  /** In order. Their words are of ASCII letters, digits are written out. */
  sentences: Sentence[]
  /** What cannot be spoken: distinct characters of the original in the order in which they appear, at most 100. */
  omittedCharacters: string[]
}

/** From what a text is written in to what is said; the order matters, since each leaves less to the next. */
const readers = [
  tidyCharacters,
  readMarkup,
  readMarkdown,
  readAddresses,
  readCodes,
  readDates,
  readMoney,
  readUnits,
  readArithmetic,
  readFigures,
  readAbbreviations,
  readLetters,
]

/** `original` as a reader of English says it: `£20` as twenty pounds, Markdown and SSML without their marks. */
export function toSpokenText(original: string): SpokenText {
  const spoken = readers.reduce((text, read) => read(text), sourceText(original))
  return {
    sentences: toSentences(readPunctuation(spoken), original),
    omittedCharacters: omittedFrom(spoken, original),
  }
}

/** The words of a text as they are spoken. */
export const wordsOf = ({ sentences }: SpokenText) =>
  sentences.map(({ words }) => words.map(({ text }) => text).join(' ')).join(' ')
