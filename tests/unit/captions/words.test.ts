import { describe, expect, it } from 'vitest'
import { alignmentOf } from '#lib/captions/alignment.ts'
import { wordsOf } from '#lib/captions/words.ts'
import { aligned } from './aligned.ts'

const textsOf = (text: string) => wordsOf(aligned(text)).map((word) => word.text)

describe('the words of an alignment', () => {
  it.each([
    ['a sentence', "Don't stop, it's 3.14!", ["Don't", 'stop,', "it's", '3.14!']],
    ['quotes and brackets', '“Yes,” he (Bob) said.', ['“Yes,”', 'he', '(Bob)', 'said.']],
    ['a lone dash, which belongs to the word before', 'Wait – what?', ['Wait –', 'what?']],
    ['several lines', 'One\n\ntwo\tthree', ['One', 'two', 'three']],
    ['Chinese, which has no blanks', '你好，世界。', ['你好，', '世界。']],
    ['Japanese with quotes', '「東京」です。', ['「東京」', 'です。']],
    ['a URL', 'See https://example.com/a?b=c now', ['See', 'https://example.com/a?b=c', 'now']],
    ['an emoji', 'Hi 👩‍👩‍👧 there', ['Hi', '👩‍👩‍👧', 'there']],
  ])('are those of %s', (_, text, words) => {
    expect(textsOf(text)).toEqual(words)
  })

  it('begin and end with what is spoken of them: a comma may have the time of a pause', () => {
    const [first, second] = wordsOf(aligned('Oh, no', 100))

    expect(first).toMatchObject({ text: 'Oh,', startMs: 0, endMs: 200 })
    expect(second).toMatchObject({ text: 'no', start: 4, end: 6, startMs: 400, endMs: 600 })
  })

  it('have no duration where the vendor has left them out', () => {
    const spans = [
      { start: 0, end: 2, startMs: 0, endMs: 300 },
      { start: 6, end: 10, startMs: 250, endMs: 900 },
    ]
    const words = wordsOf(alignmentOf('Hi 😀 you!', 'word', spans) as never)

    expect(words.map(({ text, startMs, endMs }) => [text, startMs, endMs])).toEqual([
      ['Hi', 0, 300],
      ['😀', 250, 250],
      ['you!', 250, 900],
    ])
  })
})

describe('an alignment', () => {
  const span = (start: number, end: number, startMs: number, endMs: number) => ({
    start,
    end,
    startMs,
    endMs,
  })

  it('has whole milliseconds that never run back, though those of the vendor do by a rounding', () => {
    const given = [span(0, 1, 0.4, 100.2), span(1, 2, 90, 80)]

    expect(alignmentOf('ab', 'character', given)?.spans).toEqual([span(0, 1, 0, 100), span(1, 2, 90, 90)])
  })

  it.each([
    ['nothing', []],
    ['places outside the text', [span(0, 3, 0, 1)]],
    ['places that overlap', [span(0, 2, 0, 1), span(1, 2, 1, 2)]],
    ['places without length', [span(1, 1, 0, 1)]],
    ['times that run back', [span(0, 1, 500, 600), span(1, 2, 100, 200)]],
    ['times before the audio', [span(0, 1, -10, 600)]],
    ['times that are no numbers', [span(0, 1, Number.NaN, 1)]],
    ['ends that are no numbers', [span(0, 1, 0, Number.POSITIVE_INFINITY)]],
  ])('is none with %s', (_, spans) => {
    expect(alignmentOf('ab', 'word', spans)).toBeUndefined()
  })
})
