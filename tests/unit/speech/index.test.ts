import { describe, expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { systemClock as clock } from '#lib/platform/clock.ts'
import { createSpeech } from '#lib/speech/index.ts'
import { apiKey } from './elevenlabs/vendor.ts'

describe('the configured speech vendor', () => {
  it.each([
    ['ElevenLabs with a key', { ELEVENLABS_API_KEY: apiKey }, 'elevenlabs'],
    ['the built-in one without', {}, 'local'],
    ['the built-in one when it is named', { ELEVENLABS_API_KEY: apiKey, SPEECH_PROVIDER: 'local' }, 'local'],
  ])('is %s', async (_, environment, name) => {
    const speech = createSpeech(readConfig(environment).speech, { clock })

    expect(speech.vendor.name).toBe(name)
    await speech.close()
  })
})
