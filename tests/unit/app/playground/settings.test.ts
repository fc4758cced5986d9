import { describe, expect, it } from 'vitest'
import { elevenLabsFields } from '#lib/speech/elevenlabs/fields.ts'
import { localFields } from '#lib/speech/local/fields.ts'
import { openAiFields } from '#lib/speech/openai/fields.ts'
import type { FieldTreatments } from '#lib/speech/request.ts'
import type { Speech, SpeechVendor } from '#lib/speech/speech.ts'
import { abilitiesOf } from '../../../../app/_playground/abilities.ts'
import { formatLabel, requestOf } from '../../../../app/_playground/settings.ts'

const defaults = { modelId: 'default', outputFormat: 'mp3_44100_128' }
const voiceOf = (name: SpeechVendor['name'], fields: FieldTreatments, more: object = {}) =>
  abilitiesOf({ vendor: { name, fields, defaults, exampleVoiceId: 'x', ...more } } as Speech)

const everything = {
  modelId: 'm',
  outputFormat: 'wav_24000',
  languageCode: 'de',
  seed: 3,
  instructions: ' calm ',
  voiceSettings: { speed: 1.1, stability: 0.2, similarityBoost: 0.3, style: 0.4, useSpeakerBoost: false },
}
const draft = { text: '  Hello ', voiceId: 'v', settings: everything }

describe('what the page asks a voice for', () => {
  it('ElevenLabs: all but the instructions', () => {
    const abilities = { ...voiceOf('elevenlabs', elevenLabsFields), hasModels: true }
    const { instructions: _, ...asked } = everything
    expect(requestOf(draft, abilities)).toEqual({ text: 'Hello', voiceId: 'v', ...asked })
  })

  it('a service like OpenAI: instructions and speed', () => {
    expect(requestOf(draft, voiceOf('openai', openAiFields))).toEqual({
      ...{ text: 'Hello', voiceId: 'v', outputFormat: 'wav_24000' },
      ...{ instructions: 'calm', voiceSettings: { speed: 1.1 } },
    })
  })

  it('the built-in voice: format and speed', () => {
    const asked = { text: 'Hello', voiceId: 'v', outputFormat: 'wav_24000', voiceSettings: { speed: 1.1 } }
    expect(requestOf(draft, voiceOf('local', localFields))).toEqual(asked)
  })

  it('nothing that was not set', () => {
    const asked = { text: 'Hello', voiceId: 'v' }
    expect(requestOf({ ...draft, settings: {} }, voiceOf('elevenlabs', elevenLabsFields))).toEqual(asked)
  })
})

describe('the abilities of a voice', () => {
  it('have the speeds that both the service and the voice take', () => {
    expect(voiceOf('openai', openAiFields, { speedRange: { min: 0.25, max: 4 } }).speed).toEqual({
      min: 0.7,
      max: 1.2,
    })
  })

  it('have formats that browsers play, the usual one among them', () => {
    const usually = (outputFormat: string) =>
      voiceOf('elevenlabs', elevenLabsFields, { defaults: { modelId: 'm', outputFormat } })
    expect(usually('flac_24000').formats[0]).toBe('flac_24000')
    for (const format of ['pcm_16000', 'flac_24000', 'mp3_22050_32']) {
      expect(
        usually(format)
          .formats.slice(1)
          .every((format) => /^(mp3|opus|wav)_/.test(format)),
      ).toBe(true)
    }
  })

  it('lead to MP3 where the usual format is none that browsers play', () => {
    const abilities = voiceOf('elevenlabs', elevenLabsFields, {
      defaults: { modelId: 'm', outputFormat: 'pcm_16000' },
    })
    expect(abilities.formats).not.toContain('pcm_16000')
    expect(requestOf({ ...draft, settings: {} }, abilities).outputFormat).toBe('mp3_44100_128')
  })

  it('are named as people say them', () => {
    expect(formatLabel('mp3_22050_32')).toBe('MP3 · 22.05 kHz · 32 kbit/s')
  })
})
