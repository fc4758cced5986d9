import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutText } from '#lib/scripts/cut-text.ts'
import { anyText } from '../../support/any-text.ts'

const textsOf = (text: string, maxCharacters: number) =>
  cutText(text, maxCharacters).map((piece) => piece.text)
const charactersOf = (text: string) => [...text].length

/** Text of what makes cutting hard: blanks, marks, letters with accents of their own, emoji of several characters. */
const hardText = fc
  .array(
    fc.constantFrom(
      ...[
        'a',
        'word',
        'Dr.',
        'U.S.',
        '3.5',
        '. ',
        '! ',
        '? ',
        ', ',
        '; ',
        ' ',
        '  ',
        '\n',
        '\r\n',
        '\n\n',
        '。',
        '，',
      ],
      ...['e\u0301', ' \u0301', '👩‍👩‍👧‍👦', '🇩🇪', '𝒜', '<break time="1s" />', 'x'.repeat(30), '\u200b', '—'],
    ),
    { maxLength: 120 },
  )
  .map((parts) => parts.join(''))

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

describe('a text that is cut', () => {
  it('has each character in one piece, but for blanks, and no piece beyond the limit', () => {
    fc.assert(
      fc.property(fc.oneof(hardText, anyText), fc.integer({ min: 1, max: 60 }), (text, maxCharacters) => {
        let end = 0
        for (const piece of cutText(text, maxCharacters)) {
          expect(text.slice(end, piece.start).trim()).toBe('')
          end = piece.start + piece.text.length
          expect(text.slice(piece.start, end)).toBe(piece.text)
          expect(piece.text.trim()).toBe(piece.text)
          expect(piece.text).not.toBe('')
          expect(charactersOf(piece.text)).toBeLessThanOrEqual(maxCharacters)
        }
        expect(text.slice(end).trim()).toBe('')
      }),
    )
  })

  it('keeps each grapheme whole', () => {
    fc.assert(
      fc.property(hardText, fc.integer({ min: 12, max: 60 }), (text, maxCharacters) => {
        const whole = graphemes.segment(text)
        for (const { text: piece, start } of cutText(text, maxCharacters)) {
          const end = start + piece.length
          // An accent may stand on a blank, which belongs to no piece.
          if (start > 0 && !/\s/.test(text[start - 1] ?? ''))
            expect(whole.containing(start)?.index).toBe(start)
          if (text.slice(end).trim()) expect(whole.containing(end)?.index).toBe(end)
        }
      }),
    )
  })

  it.each([
    [
      'paragraphs',
      'One is short. Two.\n\nThree is here. Four.',
      30,
      ['One is short. Two.', 'Three is here. Four.'],
    ],
    [
      'sentences',
      'It rains, and it pours. I stay, for now.',
      30,
      ['It rains, and it pours.', 'I stay, for now.'],
    ],
    [
      'sentences of quotes',
      'He said: “Come here!” Nobody came to him.',
      30,
      ['He said: “Come here!”', 'Nobody came to him.'],
    ],
    [
      'clauses',
      'Nobody knew what had come, since nobody had asked',
      30,
      ['Nobody knew what had come,', 'since nobody had asked'],
    ],
    ['lines, which may be wrapped', 'Nobody knew\nwhat it was', 20, ['Nobody knew', 'what it was']],
    ['blanks', 'nobody knew what', 12, ['nobody', 'knew what']],
    ['graphemes', 'e\u0301e\u0301e\u0301', 4, ['e\u0301', 'e\u0301e\u0301']],
    [
      'sentences of Japanese',
      '今日は晴れです。明日は雨でしょう。',
      12,
      ['今日は晴れです。', '明日は雨でしょう。'],
    ],
    ['sentences of Hindi', 'यह पहला है। यह दूसरा है।', 15, ['यह पहला है।', 'यह दूसरा है।']],
  ])('is cut at %s', (_, text, maxCharacters, pieces) => {
    expect(textsOf(text, maxCharacters)).toEqual(pieces)
  })

  it.each([
    'They asked Mr. Smith again, although he knew nothing.',
    'They have met J. R. Smith before, although only once.',
    'They wanted fruit, e.g. Apples and pears, and bread.',
    'They saw it in No. 7 of the street, though not for long.',
    'Am 3. Oktober war es kalt und nass, sagten die Leute.',
    'They paid 1,000,000.50 for the house, which was a lot.',
  ])('is not cut at a full stop or a comma that ends nothing: %s', (text) => {
    const [first = ''] = textsOf(text, charactersOf(text) - 5)
    expect(first.endsWith(',')).toBe(true)
    expect(first).not.toMatch(/\.$/)
  })

  it('is not cut within a tag', () => {
    expect(textsOf(`some words <break time="1s" /> ${'x'.repeat(15)}`, 40)).toEqual([
      'some words <break time="1s" />',
      'x'.repeat(15),
    ])
  })

  it('comes in even pieces', () => {
    const sentence = 'All of this is true, said the man who knew. '
    for (const repeats of [23, 45, 46, 100, 1001]) {
      const lengths = textsOf(sentence.repeat(repeats), 1000).map(charactersOf)
      expect(lengths.length).toBeLessThanOrEqual(Math.ceil((sentence.length * repeats) / 950))
      expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(2 * sentence.length)
    }
  })

  it('is measured in characters, not in the units of UTF-16', () => {
    expect(cutText('𝒜'.repeat(9), 5)).toEqual([
      { text: '𝒜'.repeat(5), start: 0 },
      { text: '𝒜'.repeat(4), start: 10 },
    ])
  })

  it('gives no piece where it is empty or blank', () => {
    expect([cutText('', 10), cutText(' \n\t', 10)]).toEqual([[], []])
  })

  it.each([0, -1, 1.5, Number.NaN])('is refused with a limit of %d', (maxCharacters) => {
    expect(() => cutText('text', maxCharacters)).toThrow(
      /maxCharacters is .*: it must be a whole number above 0/,
    )
  })
})

it('cuts 200,000 characters that nothing separates, and one grapheme of as many, into even pieces', () => {
  for (const text of [
    'a'.repeat(200_000),
    `a${'\u0301'.repeat(200_000)}`,
    '🇩🇪'.repeat(100_000),
    '<'.repeat(200_000),
  ]) {
    const pieces = textsOf(text, 5000)
    expect(pieces.join('')).toBe(text)
    expect(pieces.length).toBeLessThanOrEqual(44)
  }
})
