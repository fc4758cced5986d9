import { expect, it } from 'vitest'
import type { Alignment } from '#lib/captions/alignment.ts'
import { asCaptionsJson } from '#lib/captions/json.ts'
import { mergeAlignments } from '#lib/captions/merge.ts'
import { packAlignment, unpackAlignment } from '#lib/captions/pack.ts'
import { asSrt } from '#lib/captions/srt.ts'
import { asWebVtt } from '#lib/captions/webvtt.ts'
import { aligned } from './aligned.ts'

it('WebVTT has the cues, the time of each further word, and no character that means something else', () => {
  expect(asWebVtt(aligned('Fish & <b>chips</b> --> now. And then we all went home again.', 50))).toBe(
    `WEBVTT

00:00:00.000 --> 00:00:01.350
Fish <00:00:00.250>&amp; <00:00:00.350>&lt;b&gt;chips&lt;/b&gt; <00:00:01.100>--&gt; <00:00:01.200>now.

00:00:01.450 --> 00:00:03.000
And <00:00:01.650>then <00:00:01.900>we <00:00:02.050>all <00:00:02.250>went <00:00:02.500>home <00:00:02.750>again.
`,
  )
})

it('SubRip has numbered cues, and the text as it is', () => {
  expect(asSrt(aligned('This is the first one. And this is “the second” & last.', 50))).toBe(
    `1
00:00:00,000 --> 00:00:01,050
This is the first one.

2
00:00:01,150 --> 00:00:02,700
And this is “the second” & last.
`,
  )
})

it('a time over an hour has its hours', () => {
  const late = aligned('Late')
  for (const span of late.spans) {
    span.startMs += 3_723_004
    span.endMs += 3_723_004
  }
  expect(asWebVtt(late)).toContain('01:02:03.004 --> 01:02:04.004')
})

it('JSON has words and characters, and words alone where the vendor times words', () => {
  const characters = aligned('Hi you', 10)
  const words: Alignment = {
    ...characters,
    unit: 'word',
    spans: [{ start: 0, end: 2, startMs: 0, endMs: 20 }],
  }

  expect(asCaptionsJson(characters)).toMatchObject({
    text: 'Hi you',
    words: [
      { text: 'Hi', startMs: 0, endMs: 20 },
      { text: 'you', startMs: 30, endMs: 60 },
    ],
    characters: [{ text: 'H', startMs: 0, endMs: 10 }, {}, {}, {}, {}, {}],
  })
  expect(asCaptionsJson(words)).not.toHaveProperty('characters')
})

it('parts of a text become one alignment, moved to where they stand and sound', () => {
  const [one, two] = [aligned('Hello there.', 10), aligned('Bye.', 10)]
  const merged = mergeAlignments('Hello there. Bye.', [
    { alignment: one, start: 0, startMs: 0 },
    { alignment: two, start: 13, startMs: 500 },
  ])

  expect(merged?.unit).toBe('character')
  expect(asCaptionsJson(merged as Alignment).words).toEqual([
    { text: 'Hello', startMs: 0, endMs: 50 },
    { text: 'there.', startMs: 60, endMs: 110 },
    { text: 'Bye.', startMs: 500, endMs: 530 },
  ])
})

it('a time behind the end of its part does not move the words of the next one', () => {
  const merged = mergeAlignments('Hello there. Bye.', [
    { alignment: aligned('Hello there.', 100), start: 0, startMs: 0 },
    { alignment: aligned('Bye.', 10), start: 13, startMs: 500 },
  ])

  expect(asCaptionsJson(merged as Alignment).words.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
    [0, 500],
    [500, 500],
    [500, 530],
  ])
})

it('parts of which one has words alone become words', () => {
  const two: Alignment = { text: 'Bye.', unit: 'word', spans: [{ start: 0, end: 4, startMs: 5, endMs: 40 }] }
  const merged = mergeAlignments('Hi. Bye.', [
    { alignment: aligned('Hi.', 10), start: 0, startMs: 0 },
    { alignment: two, start: 4, startMs: 100 },
  ])

  expect(merged).toMatchObject({
    unit: 'word',
    spans: [
      { end: 3, endMs: 20 },
      { start: 4, startMs: 105 },
    ],
  })
  expect(mergeAlignments('short', [{ alignment: two, start: 4, startMs: 0 }])).toBeUndefined()
})

it('an alignment is packed into a tenth of its JSON, and comes back as it was', () => {
  const sentence = 'The quick brown fox jumps over the lazy dog, “naïve” or not 🦊. '
  const alignment = aligned(sentence.repeat(80), 57)
  const packed = packAlignment(alignment)

  expect(unpackAlignment(packed)).toEqual(alignment)
  expect(packed.length).toBeLessThan(JSON.stringify(alignment).length / 10)
})
