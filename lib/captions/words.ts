import type { Alignment, Span } from './alignment.ts'

/** A word as it stands in the text, with the punctuation that belongs to it; in one line. */
export interface Word extends Span {
  text: string
}

/** Scripts that put no blanks between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
/** What belongs to the word behind it. */
const OPENING = /^[\p{Ps}\p{Pi}]+$/u
/** What is spoken, other than punctuation. */
const SPOKEN = /[\p{L}\p{N}\p{M}\p{S}&@%#]/u

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' })

/**
 * The words of an alignment with their times. Punctuation belongs to the word that it touches, and does not count for its
 * time, which may be that of a pause. A word that the vendor left out has no duration, and the time at which the word before it ends.
 */
export function wordsOf({ text, spans }: Alignment): Word[] {
  const words: Word[] = []
  let next = 0
  for (const place of placesOf(text)) {
    while (next < spans.length && (spans[next] as Span).end <= place.start) next++
    let last = next
    while (last < spans.length && (spans[last] as Span).start < place.end) last++
    const times = timesOf(spans.slice(next, last), text) ?? timeBetween(words.at(-1), spans[last])
    words.push({ text: text.slice(place.start, place.end).replaceAll(/\s+/gu, ' '), ...place, ...times })
  }
  return words
}

type Times = Pick<Span, 'startMs' | 'endMs'>

function timesOf(spans: Span[], text: string): Times | undefined {
  const spoken = spans.filter(({ start, end }) => SPOKEN.test(text.slice(start, end)))
  const timed = spoken.length > 0 ? spoken : spans
  const [first] = timed
  return first && { startMs: first.startMs, endMs: Math.max(...timed.map(({ endMs }) => endMs)) }
}

function timeBetween(before: Word | undefined, after: Span | undefined): Times {
  const at = Math.min(before?.endMs ?? 0, after?.startMs ?? Number.POSITIVE_INFINITY)
  return { startMs: at, endMs: at }
}

type Place = Pick<Span, 'start' | 'end'>

/** Where the words are: between blanks, and where a script has none, as `Intl.Segmenter` finds them. */
function placesOf(text: string): Place[] {
  const places: Place[] = []
  for (const { 0: token, index } of text.matchAll(/\S+/gu)) {
    const inside = UNSPACED.test(token) ? partsOf(token) : [{ start: 0, end: token.length }]
    for (const { start, end } of inside) {
      const last = places.at(-1)
      const isWord = SPOKEN.test(token.slice(start, end))
      // A lone dash or ellipsis belongs to the word before it.
      if (!isWord && last && !OPENING.test(token.slice(start, end))) last.end = index + end
      else places.push({ start: index + start, end: index + end })
    }
  }
  return places
}

function partsOf(token: string): Place[] {
  const parts: Place[] = []
  let isOpen = false
  for (const { segment, index } of segmenter.segment(token)) {
    const end = index + segment.length
    const last = parts.at(-1)
    if (last && (isOpen || !SPOKEN.test(segment)) && !(OPENING.test(segment) && !isOpen)) last.end = end
    else parts.push({ start: index, end })
    isOpen = OPENING.test(segment)
  }
  return parts
}
