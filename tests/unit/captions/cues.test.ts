import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Cue, cuesOf } from '#lib/captions/cues.ts'
import { anyText } from '../../support/any-text.ts'
import { aligned } from './aligned.ts'

const rowsOf = ({ lines }: Cue) =>
  lines.map((line) =>
    line.map(({ text, hasBlank }, index) => (index > 0 && hasBlank ? ' ' : '') + text).join(''),
  )
const shown = (text: string, msPerCharacter?: number) => cuesOf(aligned(text, msPerCharacter)).map(rowsOf)

describe('the cues of a text', () => {
  it('are its sentences, where they are long enough to be read', () => {
    expect(shown('Good morning, everybody. This is the second sentence. Right?')).toEqual([
      ['Good morning, everybody.'],
      ['This is the second sentence.'],
      ['Right?'],
    ])
  })

  it('join a sentence that would be gone too soon with the next one', () => {
    expect(shown('No. Yes. It depends on the weather.')).toEqual([['No. Yes. It depends on the weather.']])
  })

  it('break a long sentence into two lines of nearly equal width', () => {
    expect(shown('The quick brown fox jumps over the lazy dog and runs away.', 30)).toEqual([
      ['The quick brown fox jumps over', 'the lazy dog and runs away.'],
    ])
  })

  it('end at a pause, and at the end of a paragraph', () => {
    const paused = aligned('Ready to go')
    for (const span of paused.spans.slice(6)) {
      span.startMs += 3000
      span.endMs += 3000
    }
    expect(cuesOf(paused).map(rowsOf)).toEqual([['Ready'], ['to go']])
    expect(shown('A heading without a stop\nAnd its text')).toEqual([
      ['A heading without a stop'],
      ['And its text'],
    ])
  })

  it('cut a word that fits into no line, within its own time', () => {
    const cues = cuesOf(aligned('x'.repeat(100), 20))
    expect(cues.map(rowsOf)).toEqual([['x'.repeat(42), 'x'.repeat(42)], ['x'.repeat(16)]])
    expect(cues.map(({ startMs }) => startMs)).toEqual([0, 84 * 20])
  })

  it('count a wide character as two', () => {
    expect(
      shown('春'.repeat(30), 100)
        .flat()
        .every((row) => row.length <= 21),
    ).toBe(true)
  })

  it.each([5, 60, 400])('keep to their bounds with any text at %i ms a character', (msPerCharacter) => {
    const phrase = 'The quick brown fox, “so to speak”, jumps! Over 1,000 lazy dogs.'
    fc.assert(
      fc.property(anyText, anyText, (before, after) => {
        const text = `${before} ${phrase} ${after}`
        const cues = cuesOf(aligned(text, msPerCharacter))
        const words = cues.flatMap(({ lines }) => lines.flat())
        expect(words.map((word) => word.text.replaceAll(' ', '')).join('')).toBe(text.replaceAll(/\s/gu, ''))
        for (const [index, { startMs, endMs, lines }] of cues.entries()) {
          const nextMs = cues[index + 1]?.startMs ?? Number.POSITIVE_INFINITY
          expect(lines.length).toBeLessThanOrEqual(2)
          expect(endMs).toBeGreaterThan(startMs)
          expect(endMs).toBeLessThanOrEqual(Math.max(nextMs, startMs + 1))
          expect(endMs - startMs).toBeLessThanOrEqual(7000)
          if (nextMs - startMs >= 1000) expect(endMs - startMs).toBeGreaterThanOrEqual(1000)
        }
      }),
      { numRuns: 100 },
    )
  })
})
