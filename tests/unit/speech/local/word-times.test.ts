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

const MS = 16

/** The mean level of each 5 ms from a millisecond on. */
function levelsOf(samples: Float32Array): number[] {
  return Array.from({ length: Math.floor(samples.length / MS) }, (_, ms) =>
    Math.sqrt(
      samples.subarray(ms * MS, (ms + 5) * MS).reduce((sum, sample) => sum + sample ** 2, 0) / (5 * MS),
    ),
  )
}

/**
 * When sound begins behind the silence before `nearMs`: what stays for 10 ms at twice the noise of that silence. Each voice
 * has a noise of its own, that of awb is as loud as the weakest sounds of the others.
 */
function onsetMs(levels: number[], nearMs: number): number {
  const silence = levels.slice(Math.max(0, nearMs - 140), nearMs - 30).filter((level) => level > 1e-5)
  const noise = silence.toSorted((a, b) => a - b)[Math.floor(silence.length * 0.9)] ?? 0
  const from = Math.max(0, nearMs - 150)
  const isSound = (_: number, at: number, all: number[]) =>
    all.slice(at, at + 10).every((level) => level > Math.max(2 * noise, 0.003))
  return from + levels.slice(from).findIndex(isSound) + 4
}

describe('the times of words', { timeout: 30_000 }, () => {
  // One for each kind of sound that a word may begin with, those with the mouth closed more than once.
  const beginnings =
    'people kettle butter garden chapter quick president carpet money river window seven father hammer apple'

  it.each(['slt', 'rms', 'awb'])('are within 80 ms of what is heard (%s)', (voice) => {
    const { words, samples } = timesOf(beginnings.replaceAll(' ', ', <break time="200ms"/> '), { voice })
    const levels = levelsOf(samples)

    expect(words.map((word) => word.text).join(' ')).toBe(beginnings)
    const errors = words.map(({ text, startMs }) => ({
      text,
      errorMs: Math.round(onsetMs(levels, Math.round(startMs)) - startMs),
    }))
    expect(errors.filter(({ errorMs }) => Math.abs(errorMs) >= 80)).toEqual([])
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
