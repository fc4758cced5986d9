import type { Token } from 'stream-json/core/parser.js'
import { type Alignment, alignmentOf, type Span } from '#lib/captions/alignment.ts'

/**
 * Collects the times of characters from the tokens below `alignment`, of all objects of an answer. The times are those in
 * the whole audio, in seconds.
 */
export function createCharacterTimes() {
  const characters: string[] = []
  const starts: number[] = []
  const ends: number[] = []
  let character = ''

  return {
    /** `path` has the keys that lead to `token`. */
    take([, list]: readonly string[], token: Token) {
      if (token.name === 'numberValue' && list === 'character_start_times_seconds')
        starts.push(Number(token.value))
      if (token.name === 'numberValue' && list === 'character_end_times_seconds')
        ends.push(Number(token.value))
      if (list !== 'characters') return
      if (token.name === 'stringChunk') character += token.value
      if (token.name !== 'endString') return
      characters.push(character)
      character = ''
    },
    /** `undefined` where there are none, or they cannot be true. */
    alignment(): Alignment | undefined {
      if (starts.length !== characters.length || ends.length !== characters.length) return undefined
      return alignmentOf(characters.join(''), 'character', spansOf(characters, starts, ends))
    },
  }
}

function* spansOf(characters: string[], starts: number[], ends: number[]): Generator<Span> {
  let start = 0
  for (const [index, character] of characters.entries()) {
    const end = start + character.length
    const [startMs, endMs] = [(starts[index] as number) * 1000, (ends[index] as number) * 1000]
    // A character without a letter has no place.
    if (end > start) yield { start, end, startMs, endMs }
    start = end
  }
}
