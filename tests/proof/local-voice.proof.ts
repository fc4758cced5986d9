import { parseBuffer } from 'music-metadata'
import { expect, it } from 'vitest'
import { systemClock } from '#lib/platform/clock.ts'
import { createLocalSpeech } from '#lib/speech/local/adapter.ts'
import { bytesOf, never } from '../unit/speech/speech-conformance.ts'

// Shorter ones: tests/unit/speech/local/adapter.test.ts.
it('the built-in voice speaks a text of 5000 characters', async () => {
  const speech = createLocalSpeech({
    modelId: 'any',
    outputFormat: 'mp3_22050_32',
    timeoutMs: 60_000,
    clock: systemClock,
  })
  const text = 'The quick brown fox, number 42, jumps over the lazy dog. '.repeat(88).slice(0, 5000)
  const { audio } = await speech.speak({ text, voiceId: 'slt' }, { signal: never })
  const mp3 = await bytesOf(audio)
  await speech.close()

  const { format } = await parseBuffer(mp3, { mimeType: 'audio/mpeg' }, { duration: true })
  expect(format.duration).toBeGreaterThan(200)
})
