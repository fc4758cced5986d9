import { type Alignment, alignmentOf } from '#lib/captions/alignment.ts'

/** Each character of `text` in turn, for `msPerCharacter` each. */
export function aligned(text: string, msPerCharacter = 60): Alignment {
  let start = 0
  const spans = Array.from(text, (character, index) => {
    const span = {
      start,
      end: start + character.length,
      startMs: index * msPerCharacter,
      endMs: (index + 1) * msPerCharacter,
    }
    start = span.end
    return span
  })
  return alignmentOf(text, 'character', spans) as Alignment
}
