import { describe, expect, it } from 'vitest'
import type { Alignment } from '#lib/captions/alignment.ts'
import { charactersOf } from '#lib/captions/characters.ts'

const shown = (alignment: Alignment) =>
  charactersOf(alignment).map(({ character, startMs, endMs }) => [character, startMs, endMs])

describe('the characters of an alignment', () => {
  it('share the time of their word, and the blank between two words lasts until the second begins', () => {
    const spans = [
      { start: 0, end: 2, startMs: 100, endMs: 300 },
      { start: 3, end: 4, startMs: 500, endMs: 600 },
    ]
    expect(shown({ text: 'Ay b', unit: 'word', spans })).toEqual([
      ['A', 100, 200],
      ['y', 200, 300],
      [' ', 300, 500],
      ['b', 500, 600],
    ])
  })

  it('are all there, with what no time is known of and with emoji whole', () => {
    const spans = [{ start: 1, end: 2, startMs: 50, endMs: 90 }]
    expect(shown({ text: '“a”🙂', unit: 'word', spans })).toEqual([
      ['“', 50, 50],
      ['a', 50, 90],
      ['”', 90, 90],
      ['🙂', 90, 90],
    ])
  })
})
