import { describe, expect, it } from 'vitest'
import { requestFingerprint } from '#lib/clips/request-fingerprint.ts'
import { resolveSpeech } from '#lib/clips/vocalize.ts'
import { readConfig } from '#lib/config/index.ts'
import { systemClock as clock } from '#lib/platform/clock.ts'
import { createSpeech } from '#lib/speech/index.ts'
import type { SpeechRequest } from '#lib/speech/speech.ts'

const plain = { text: ' Hello ', voiceId: 'slt' }
const full = {
  text: 'Hello',
  voiceId: 'rms',
  modelId: 'eleven_flash_v2_5',
  outputFormat: 'pcm_16000',
  voiceSettings: { speed: 1.1, stability: 0.5 },
  languageCode: 'de',
  seed: 7,
}
const key = { ELEVENLABS_API_KEY: 'key-of-the-test' }
const ownDefaults = { ELEVENLABS_MODEL_ID: 'eleven_v3', ELEVENLABS_OUTPUT_FORMAT: 'opus_48000_64' }

/** What is hashed of a request, as JSON, under the variables of `environment`. */
async function fingerprintUnder(environment: Record<string, string>, request: SpeechRequest) {
  const speech = createSpeech(readConfig(environment).speech, { clock })
  await speech.close()
  const resolved = { ...request, ...resolveSpeech(speech, request) }
  return JSON.stringify(requestFingerprint(resolved, speech.vendor.name))
}

// Stored requests were hashed like this: another fingerprint would have every one of them spoken and paid for again.
describe('the fingerprint of a request', () => {
  it.each([
    ['ElevenLabs', key, '["elevenlabs","Hello","slt","eleven_multilingual_v2","mp3_44100_128",[],null,null]'],
    [
      'ElevenLabs with defaults of the operator',
      { ...key, ...ownDefaults },
      '["elevenlabs","Hello","slt","eleven_v3","opus_48000_64",[],null,null]',
    ],
    [
      'the built-in voice',
      {},
      '["local","Hello","slt","eleven_multilingual_v2","mp3_44100_128",[],null,null]',
    ],
    [
      'the built-in voice with defaults of the operator',
      ownDefaults,
      '["local","Hello","slt","eleven_v3","opus_48000_64",[],null,null]',
    ],
  ])('has the defaults of %s where the request names none', async (_, environment, fingerprint) => {
    expect(await fingerprintUnder(environment, plain)).toBe(fingerprint)
  })

  it('has every later field that is set, and none that is not', async () => {
    const later = {
      nextText: 'b',
      previousText: 'a',
      pronunciationDictionaryLocators: [{ versionId: '2', pronunciationDictionaryId: '1' }],
      enableLogging: false,
    }
    expect(await fingerprintUnder(key, { ...plain, ...later })).toBe(
      '["elevenlabs","Hello","slt","eleven_multilingual_v2","mp3_44100_128",[],null,null,["nextText","b"],["previousText","a"],["pronunciationDictionaryLocators",[[["pronunciationDictionaryId","1"],["versionId","2"]]]]]',
    )
  })

  it.each([
    ['elevenlabs', key],
    ['local', {}],
  ])('has all that the request names, for %s', async (name, environment) => {
    expect(await fingerprintUnder({ ...environment, ...ownDefaults }, full)).toBe(
      `["${name}","Hello","rms","eleven_flash_v2_5","pcm_16000",[["speed",1.1],["stability",0.5]],"de",7]`,
    )
  })
})
