/** The longest silence that a text can ask for. */
export const MAX_PAUSE_MS = 10_000

const FIRST = 0xf0000
const STEP_MS = 10

/** Stands in a text for a silence, until it is spoken: a private character, which no text keeps for itself. */
export const pauseMark = (ms: number) =>
  String.fromCodePoint(FIRST + Math.round(Math.min(MAX_PAUSE_MS, Math.max(0, ms)) / STEP_MS))

/** Matches the characters that `pauseMark` takes for itself. */
export const pauseMarks = /[\u{F0000}-\u{FFFFD}]/gu

/** The sum of the silences in `text`. */
export const pauseMsOf = (text: string) =>
  Array.from(
    text.matchAll(pauseMarks),
    ([mark]) => ((mark.codePointAt(0) as number) - FIRST) * STEP_MS,
  ).reduce((sum, ms) => sum + ms, 0)
