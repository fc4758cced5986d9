import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isMostlyForeign } from '#lib/speech/local/text/omitted.ts'
import { toSpokenText, wordsOf } from '#lib/speech/local/text/spoken-text.ts'

/** The rows of the table in docs/built-in-voice.md. */
const documented = Array.from(
  readFileSync('docs/built-in-voice.md', 'utf8').matchAll(/^\| [^|]*\| (`+)(.+?)\1 \| (.+) \|$/gm),
  ([, , written = '', said = '']) => [written.trim().replaceAll('⏎', '\n').replaceAll('\\|', '|'), said],
)

const said = (text: string) => wordsOf(toSpokenText(text))
const omitted = (text: string) => toSpokenText(text).omittedCharacters

describe('the words that are spoken', () => {
  it('has a table of them in the documentation', () => {
    expect(documented.length).toBeGreaterThan(25)
  })

  it.each(documented)('%s', (written, expected) => {
    expect(said(written ?? '')).toBe(expected)
  })

  it.each([
    ['so\u00adft zero\u200bwidth\u200d joined', 'soft zerowidth joined.'],
    ['“Quoted” — it’s ‘so’…', "Quoted, it's so."],
    ['2 * 3 and 2*3*4 and 5* hotel', 'two times three and two times three times four and five hotel.'],
    ['a < b > c <name> <b>bold</b>', 'a less than b greater than c name bold.'],
    ['We met at 5 p.m. It rained.', 'We met at five P M. It rained.'],
    ['At 5pm. At 5 PM, at 6:30 a.m. sharp', 'At five P M. At five P M, at six thirty A M sharp.'],
    ['1.2.34 and 3/4/25', 'one point two point thirty four and March fourth, twenty five.'],
    ['in 1984. 2048 items', 'in nineteen eighty four. twenty forty eight items.'],
    ['retry in 30s, his 30s', 'retry in thirty seconds, his thirties.'],
    ['10k users, 4K, #1, C#, R&D', 'ten thousand users, four K, number one, C sharp, R and D.'],
    [
      'v1.2.3 at 192.168.0.1',
      'version one point two point three at one hundred ninety two dot one hundred sixty eight dot zero dot one.',
    ],
    ['2024-03-15T14:30:00Z', 'March fifteenth, twenty twenty four, fourteen thirty U T C.'],
    ['00:15 and 12:30:05', 'zero fifteen and twelve thirty and five seconds.'],
    ['J. K. Rowling lives on St. Mark’s St. Now.', "J K Rowling lives on Saint Mark's Street. Now."],
    [
      '1234567890123456789',
      'one two three four five six seven eight nine zero one two three four five six seven eight nine.',
    ],
    ['<speak>A<say-as interpret-as="characters">B12</say-as></speak>', 'A B one two.'],
    ['one\u0000two\u0007three\r\nfour\u2028five', 'one two three. four. five.'],
    ['1️⃣ first', 'one first.'],
    ['<script>x()</script><!-- y -->shown', 'shown.'],
    ['', ''],
    ['... , !?', ''],
  ])('%s', (text, expected) => {
    expect(said(text)).toBe(expected)
  })

  it('are ASCII letters with marks, whatever the text', () => {
    const odd = Array.from({ length: 0x30 }, (_, block) =>
      Array.from({ length: 0x100 }, (_, code) => String.fromCharCode(0x100 * block + code)).join(
        block % 2 ? '' : ' ',
      ),
    )

    for (const text of [...odd, `x${'|*_~`#<>&;:!?'.repeat(100)}`]) {
      const words = toSpokenText(text).sentences.flatMap((sentence) => sentence.words)
      for (const word of words) expect(word.text).toMatch(/^[A-Za-z\d'][\w']*[.,?!]?$/)
    }
  })

  it('are cut where a sentence has more than 400 characters, and a word more than 60', () => {
    const { sentences } = toSpokenText(`${'word '.repeat(300)}${'a'.repeat(1000)}`)

    for (const { words } of sentences) {
      expect(words.map(({ text }) => text).join(' ').length).toBeLessThanOrEqual(401)
      for (const { text } of words) expect(text.length).toBeLessThanOrEqual(61)
    }
    expect(sentences.flatMap(({ words }) => words)).toHaveLength(300 + 17)
  })

  it.each([
    ['Hi <break time="500ms"/> you', 500],
    ['Hi <break time="1.5s"/> you', 1500],
    ['Hi <break time="90s"/> you', 10_000],
    ['Hi <break strength="weak"/> you', 200],
    ['Hi\n\nyou', 300],
    ['# Hi\n\nyou', 300],
    ['Hi\nyou', 0],
  ])('of %j have the pause behind the first sentence', (text, pauseMs) => {
    expect(toSpokenText(text).sentences.map((sentence) => sentence.pauseMs)).toEqual([pauseMs, 0])
  })

  it('of a line that was only wrapped go on', () => {
    const wrapped = 'This line is so long that an editor put the rest of the sentence\non the next one.'

    expect(toSpokenText(wrapped).sentences).toHaveLength(1)
  })
})

describe('what cannot be spoken', () => {
  it('is listed, each once, in order', () => {
    expect(omitted('Hello 👋🏽 world 🇩🇪! 你好 there 👋🏽, Привет π ✓')).toEqual([
      '👋🏽',
      '🇩🇪',
      '你',
      '好',
      'П',
      'р',
      'и',
      'в',
      'е',
      'т',
      '✓',
    ])
  })

  it.each(['Plain.', 'naïve — “café” £5 × 3 π', '**bold** <b>x</b> <break time="1s"/>', ' \n\t '])(
    'is nothing of %s',
    (text) => {
      expect(omitted(text)).toEqual([])
    },
  )

  it('is listed up to 100', () => {
    expect(
      omitted(Array.from({ length: 300 }, (_, index) => String.fromCharCode(0x4e00 + index)).join('')),
    ).toHaveLength(100)
  })

  it.each([
    ['Hello 你好', false],
    ['你好，世界', true],
    ['Привет, мир! OK', true],
    ['Łódź, Đorđe', false],
    ['123 😀', false],
  ])('is most of %s: %s', (text, isMost) => {
    expect(isMostlyForeign(text)).toBe(isMost)
  })
})

describe('a text that is made to take long', () => {
  it.each([
    ['rulers of tables', `Hello\n${'-|'.repeat(2400)}x`],
    ['saints without a street', `${'A'.repeat(2500)}${' St.'.repeat(620)}`],
  ])('is read all the same: %s', (_, text) => {
    expect(said(text)).not.toBe('')
  })

  it('is silent for ten seconds in a row at most', () => {
    const { sentences } = toSpokenText(`Hi ${'<break time="10s"/>'.repeat(200)} there`)
    expect(sentences.map(({ pauseMs }) => pauseMs)).toEqual([10_000, 0])
  })
})
