import type { Alignment } from './alignment.ts'
import { type Word, wordsOf } from './words.ts'

/** What is shown at one time: one or two lines of words. Times in milliseconds from the beginning of the audio. */
export interface Cue {
  startMs: number
  endMs: number
  lines: Line[]
}

/** Words, each with whether a blank stands before it. */
export type Line = (Word & { hasBlank: boolean })[]

/** The field's practice for subtitles. A wide character, such as a Chinese one, counts as two. */
const MAX_LINE_WIDTH = 42
const MIN_MS = 1000
const MAX_MS = 7000
/** A silence that ends a cue. */
const PAUSE_MS = 1500

const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]/u
/** Most text is that, and need not be looked at character by character. */
const NARROW = /^[ -~]*$/
const SENTENCE_END = /[.!?…。！？]["'”’»)\]」』]*$/u

/**
 * The cues of an alignment: at most two lines of 42 characters, 1 to 7 seconds, and where it can be a sentence in each.
 *
 * @see https://partnerhelp.netflixstudios.com/hc/en-us/articles/217350977 (42 characters, two lines, 7 seconds)
 */
export function cuesOf(alignment: Alignment): Cue[] {
  const groups: Line[] = []
  let group: Line = []
  for (const word of shortEnough(alignment)) {
    if (group.length > 0 && !continues(group, word, alignment.text)) {
      groups.push(group)
      group = []
    }
    group.push(word)
  }
  if (group.length > 0) groups.push(group)
  return groups.map((words, index) => ({
    ...timesOf(words, groups[index + 1]),
    lines: linesOf(words) as Line[],
  }))
}

function continues(group: Line, word: Line[number], text: string): boolean {
  const first = group[0] as Word
  const last = group.at(-1) as Word
  if (word.endMs - first.startMs > MAX_MS || word.startMs - last.endMs > PAUSE_MS) return false
  if (linesOf([...group, word]) === undefined) return false
  const isLongEnough = word.startMs - first.startMs >= MIN_MS
  return !(isLongEnough && (SENTENCE_END.test(last.text) || text.slice(last.end, word.start).includes('\n')))
}

/** A cue stays for a second where the next one lets it. */
function timesOf(words: Line, next: Line | undefined): Pick<Cue, 'startMs' | 'endMs'> {
  const { startMs } = words[0] as Word
  const spokenMs = Math.min((words.at(-1) as Word).endMs, startMs + MAX_MS)
  const endMs = Math.max(spokenMs, startMs + MIN_MS)
  const nextMs = next?.[0]?.startMs ?? Number.POSITIVE_INFINITY
  return { startMs, endMs: Math.max(startMs + 1, Math.min(endMs, nextMs)) }
}

/** The words in one line, or in two of nearly equal width; `undefined` where that is not enough. */
function linesOf(words: Line): Line[] | undefined {
  if (widthOf(words) <= MAX_LINE_WIDTH) return [words]
  let best: { lines: Line[]; width: number } | undefined
  for (let at = 1; at < words.length; at++) {
    const lines = [words.slice(0, at), words.slice(at)]
    const width = Math.max(...lines.map(widthOf))
    if (width <= MAX_LINE_WIDTH && width < (best?.width ?? Number.POSITIVE_INFINITY)) best = { lines, width }
  }
  return best?.lines
}

function widthOf(words: Line): number {
  return words.reduce(
    (sum, { text, hasBlank }, index) => sum + (index > 0 && hasBlank ? 1 : 0) + charactersWide(text),
    0,
  )
}

function charactersWide(text: string): number {
  if (NARROW.test(text)) return text.length
  let width = 0
  for (const character of text) width += WIDE.test(character) ? 2 : 1
  return width
}

/** All words, those that fit into no line in parts. */
function* shortEnough(alignment: Alignment): Generator<Line[number]> {
  let end = 0
  for (const word of wordsOf(alignment)) {
    const hasBlank = word.start > end
    end = word.end
    if (charactersWide(word.text) <= MAX_LINE_WIDTH) yield { ...word, hasBlank }
    else yield* partsOf({ ...word, hasBlank })
  }
}

function* partsOf(word: Line[number]): Generator<Line[number]> {
  const { startMs, endMs, text } = word
  const timeAt = (at: number) => Math.round(startMs + ((endMs - startMs) * at) / text.length)
  const graphemes = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)]
  let start = 0
  let width = 0
  const part = (end: number) => ({
    ...word,
    text: text.slice(start, end),
    start: word.start + start,
    end: word.start + end,
    startMs: timeAt(start),
    endMs: timeAt(end),
    hasBlank: word.hasBlank && start === 0,
  })
  for (const { segment, index } of graphemes) {
    const added = charactersWide(segment)
    if (width + added > MAX_LINE_WIDTH && index > start) {
      yield part(index)
      start = index
      width = 0
    }
    width += added
  }
  yield part(text.length)
}
