import { describe, expect, it } from 'vitest'
import { speakWithFlite } from '#lib/speech/local/flite.ts'

/** At four times the pace it takes a quarter of the time to compute. */
const samplesOf = (text: string) => speakWithFlite(text, { voice: 'slt', durationStretch: 0.25 }).length

describe('Flite', () => {
  it.each([
    ['Is it safe?', 'No.'],
    ['Your verification code is:', '48213.'],
    ['Thank you.', 'Goodbye.'],
    ['Status:', 'failed'],
    ['Ready? Steady?', 'Go!'],
  ])('says the last word after "%s", which is a sentence of its own', (start, last) => {
    expect(samplesOf(`${start} ${last}`)).toBeGreaterThan(samplesOf(start) + 1000)
  })
})
