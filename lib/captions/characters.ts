import type { Alignment } from './alignment.ts'

/** A character as people count them, and when it is spoken. */
export interface TimedCharacter {
  character: string
  startMs: number
  endMs: number
}

/**
 * All characters of a text, each with its time: within a word that was timed as a whole each has an equal share; what lies
 * between two words lasts from the end of the one to the beginning of the other.
 */
export function charactersOf({ text, spans }: Alignment): TimedCharacter[] {
  const timed: TimedCharacter[] = []
  let end = 0
  let endMs = spans[0]?.startMs ?? 0
  for (const span of [...spans, undefined]) {
    const gapEnd = span?.start ?? text.length
    timed.push(...spread(text.slice(end, gapEnd), endMs, span?.startMs ?? endMs))
    if (!span) break
    timed.push(...spread(text.slice(span.start, span.end), span.startMs, span.endMs))
    end = span.end
    endMs = span.endMs
  }
  return timed
}

function spread(text: string, startMs: number, endMs: number): TimedCharacter[] {
  const characters = [...text]
  const at = (index: number) => Math.round(startMs + ((endMs - startMs) * index) / characters.length)
  return characters.map((character, index) => ({ character, startMs: at(index), endMs: at(index + 1) }))
}
