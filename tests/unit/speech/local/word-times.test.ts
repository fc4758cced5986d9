import { describe, expect, it } from 'vitest'
import { speakPieces } from '#lib/speech/local/pieces.ts'
import { toSpokenText } from '#lib/speech/local/text/spoken-text.ts'

const options = { voice: 'slt', durationStretch: 1, hasWordTimes: true }

function timesOf(text: string, changes: Partial<typeof options> = {}) {
  const pieces = [...speakPieces(toSpokenText(text).sentences, { ...options, ...changes })]
  const words = pieces.flatMap((piece) => piece.words ?? [])
  const samples = Float32Array.from(pieces.flatMap((piece) => Array.from(piece.samples)))
  return { words: words.map((word) => ({ ...word, text: text.slice(word.start, word.end) })), samples }
}

/** Where the audio becomes audible behind a silence of at least 100 ms. */
function onsetsMs(samples: Float32Array): number[] {
  const onsets: number[] = []
  let silentMs = 1000
  for (let ms = 0; ms < samples.length / 16; ms++) {
    const isAudible = samples.subarray(ms * 16, ms * 16 + 16).some((sample) => Math.abs(sample) > 0.02)
    if (isAudible && silentMs >= 100) onsets.push(ms)
    silentMs = isAudible ? 0 : silentMs + 1
  }
  return onsets
}

describe('the times of words', { timeout: 30_000 }, () => {
  it.each([
    ['slt', 'Lemon, nine, river, orange, <break time="300ms"/> money'],
    ['rms', 'Nine, orange'],
    ['awb', 'River, money'],
  ])('are within 80 ms of what is heard (%s)', (voice, text) => {
    const { words, samples } = timesOf(text, { voice })
    const onsets = onsetsMs(samples)

    expect(words.map((word) => word.text).join(' ')).toBe(text.replaceAll(/,|<.*?>\s/g, ''))
    expect(onsets).toHaveLength(words.length)
    for (const [index, { startMs }] of words.entries()) {
      expect(Math.abs(startMs - (onsets[index] as number))).toBeLessThan(80)
    }
  })

  it('belong to the words of the original, in order, and fill the audio', () => {
    const text = `It costs £20, **not** 5 × 3 or 30 km/h; see [the list](https://a.example/x).\n${'The next line goes on and on, so that there are two pieces. '.repeat(8)}`
    const { words, samples } = timesOf(text, { durationStretch: 0.25 })

    expect(words.slice(0, 11).map((word) => word.text)).toEqual([
      'It',
      'costs',
      '£20',
      'not',
      '5',
      '×',
      '3',
      'or',
      '30 km/h',
      'see',
      'the',
    ])
    expect(words).toHaveLength(12 + 13 * 8)
    for (const [index, word] of words.entries()) {
      expect(word.endMs).toBeGreaterThan(word.startMs)
      expect(word.startMs).toBeGreaterThanOrEqual(words[index - 1]?.endMs ?? 0)
    }
    expect(words.at(-1)?.endMs).toBeGreaterThan(samples.length / 16 - 200)
  })

  it('are not computed where nobody asks for them', () => {
    expect(timesOf('Hello.', { hasWordTimes: false }).words).toEqual([])
  })
})
