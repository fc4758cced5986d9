import { MAX_PAUSE_MS, pauseMsOf } from './pause.ts'
import type { SourceText } from './source-text.ts'

/** Flite synthesises a sentence as a whole, so that this bounds its memory and the time until the first byte. */
const MAX_SENTENCE_CHARACTERS = 400

/** Of a longer word Flite makes nothing that anybody could follow; this many at a time take it a bounded memory. */
const MAX_WORD_CHARACTERS = 60

/** Words that are spoken in one go, and the silence behind them besides what the voice makes itself. */
export interface Sentence {
  words: Word[]
  pauseMs: number
}

/** A word as it is spoken, with its mark, and the range of UTF-16 units of the original that it stands for. */
export interface Word {
  text: string
  start: number
  end: number
}

/** Words, and what is between them where that is more than a blank. */
const pieces = new RegExp(
  String.raw`[\x21-\x7e]{1,${MAX_WORD_CHARACTERS}}|[\s\u{F0000}-\u{FFFFD}]*[\n\u{F0000}-\u{FFFFD}][\s\u{F0000}-\u{FFFFD}]*`,
  'gu',
)

/** Cuts `spoken` at its ends of sentences, line breaks and silences, and what is longer than 400 characters at a word. */
export function toSentences(spoken: SourceText, original: string): Sentence[] {
  const sentences: Sentence[] = []
  let words: Word[] = []
  let length = 0
  const end = (mark: '.' | ',') => {
    if (words.length > 0) sentences.push({ words: marked(words, mark), pauseMs: 0 })
    words = []
    length = 0
  }
  for (const { index, 0: text } of spoken.text.matchAll(pieces)) {
    if (/^[\x21-\x7e]/.test(text)) {
      if (!/[a-z\d]/i.test(text)) continue
      const word = { text, ...placeOf(index, text, spoken, original) }
      if (endsSentence(words.at(-1), original.charAt(word.start))) end('.')
      else if (length + text.length > MAX_SENTENCE_CHARACTERS) end(',')
      else if (words.at(-1)?.text.endsWith('.')) words = marked(words, ',')
      words.push(word)
      length += text.length + 1
    } else {
      end('.')
      const before = sentences.at(-1)
      if (before) before.pauseMs = Math.min(MAX_PAUSE_MS, before.pauseMs + pauseMsOf(text))
    }
  }
  end('.')
  return sentences
}

/** A dot ends no sentence where the original goes on with a small letter. */
const endsSentence = (word: Word | undefined, next: string) =>
  word !== undefined && (/[?!]$/.test(word.text) || (word.text.endsWith('.') && !/\p{Ll}/u.test(next)))

/** The words, the last of them with `mark` unless it is asked or called. */
function marked(words: Word[], mark: '.' | ','): Word[] {
  const last = words.at(-1) as Word
  return words.with(-1, { ...last, text: last.text.replace(/(?<![?!])[.,]?$/, mark) })
}

/** What a word of `spoken` stands for in the original, without the blanks and the marks around it. */
function placeOf(
  index: number,
  text: string,
  spoken: SourceText,
  original: string,
): Pick<Word, 'start' | 'end'> {
  const length = text.replace(/\W+$/, '').length
  const start = spoken.starts[index] as number
  const end = spoken.ends[index + length - 1] as number
  const written = original.slice(start, end)
  return { start: start + written.length - written.trimStart().length, end: start + written.trimEnd().length }
}
