import { pauseMarks } from './pause.ts'
import type { SourceText } from './source-text.ts'

const MAX_OMITTED = 100

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** The distinct characters of `original`, as a reader counts them, of which `spoken` still has what has no ASCII spelling. */
export function omittedFrom(spoken: SourceText, original: string): string[] {
  const unspoken = new Set<number>()
  for (const { index } of spoken.text.replace(pauseMarks, '  ').matchAll(/[^\x20-\x7e\n\p{M}]/gu)) {
    unspoken.add(spoken.starts[index] as number)
  }
  if (unspoken.size === 0) return []
  const omitted = new Set<string>()
  const places = [...unspoken].sort((a, b) => a - b)
  const whole = graphemes.segment(original)
  for (const place of places) {
    const character = whole.containing(place)?.segment
    if (character) omitted.add(character.toWellFormed())
    if (omitted.size === MAX_OMITTED) break
  }
  return [...omitted]
}

/** Whether more letters of `text` are of other scripts than of the one that English is written in. */
export function isMostlyForeign(text: string): boolean {
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  const latin = text.match(/\p{Script=Latin}/gu)?.length ?? 0
  return letters - latin > latin
}
