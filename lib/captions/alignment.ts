/**
 * When which part of a text is spoken.
 *
 * A vendor that times characters gives spans of single characters, one that times words a span for each word; from both
 * the words follow by `wordsOf`.
 */
export interface Alignment {
  text: string
  /** What a span is. */
  unit: 'character' | 'word'
  /** In the order of the text, none overlapping another. What lies between two of them has no time of its own. */
  spans: Span[]
}

/** A part of a text: from code unit `start` up to `end`, spoken from `startMs` to `endMs` in the audio. */
export interface Span {
  start: number
  end: number
  startMs: number
  endMs: number
}

/** A clock of a vendor may run back by as much: times are rounded. */
const TOLERANCE_MS = 50

/**
 * The alignment of `text` by `spans` as a vendor gave them: whole milliseconds, none before the one before it. `undefined`
 * where they cannot be true: they lie outside the text, overlap, run back in time, or there are none.
 */
export function alignmentOf(
  text: string,
  unit: Alignment['unit'],
  given: Iterable<Span>,
): Alignment | undefined {
  const spans: Span[] = []
  let end = 0
  let latestMs = 0
  for (const span of given) {
    const isPlace = span.start >= end && span.end > span.start && span.end <= text.length
    const isTime = Number.isFinite(span.startMs) && Number.isFinite(span.endMs) && span.startMs >= 0
    if (!isPlace || !isTime || span.startMs < latestMs - TOLERANCE_MS) return undefined
    const startMs = Math.max(latestMs, Math.round(span.startMs))
    spans.push({
      start: span.start,
      end: span.end,
      startMs,
      endMs: Math.max(startMs, Math.round(span.endMs)),
    })
    end = span.end
    latestMs = startMs
  }
  return spans.length > 0 ? { text, unit, spans } : undefined
}
