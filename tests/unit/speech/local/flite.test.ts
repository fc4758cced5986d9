import { describe, expect, it } from 'vitest'
import { speakWithFlite } from '#lib/speech/local/flite.ts'
import { toSpokenText, wordsOf } from '#lib/speech/local/text/spoken-text.ts'
import { audibleMs, messages, withoutLastWord } from '../../../support/last-word.ts'

describe('Flite', () => {
  it('says every utterance, also a last one of a single word, and of which sounds each is made', () => {
    const { samples, utterances } = speakWithFlite(['Is it safe?', 'No.'], {
      voice: 'slt',
      durationStretch: 1,
    })

    expect(utterances.map((segments) => segments.map(({ phone }) => phone).join(' '))).toEqual([
      'pau ih z ih t s ey f pau',
      'pau n ow pau',
    ])
    const endMs = utterances.reduce((sum, segments) => sum + (segments.at(-1)?.endMs ?? 0), 0)
    expect(Math.abs(samples.length / 16 - endMs)).toBeLessThan(10)
  })
})

describe('the last word of a message', () => {
  it.each(messages.slice(0, 5))('is heard: %s (all 500: npm run proof)', (message) => {
    expect(audibleMs(message)).toBeGreaterThan(audibleMs(withoutLastWord(message)))
  })

  it('is among the words for Flite, whatever the message', () => {
    const spoken = (text: string) => wordsOf(toSpokenText(text))
    const silent = messages.filter((message) => spoken(message) === spoken(withoutLastWord(message)))

    expect(messages).toHaveLength(500)
    expect(silent).toEqual([])
  })
})
