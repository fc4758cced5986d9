import { describe, expect, it } from 'vitest'
import { elevenLabsFields } from '#lib/speech/elevenlabs/fields.ts'
import { fitRequest } from '#lib/speech/fit-request.ts'
import { localFields } from '#lib/speech/local/fields.ts'
import { type FieldTreatments, requestedFields, type SpeechRequest } from '#lib/speech/request.ts'
import type { SpeechVendor } from '#lib/speech/speech.ts'

const defaults = { modelId: 'model', outputFormat: 'mp3_44100_128' }
const vendorWith = (
  name: SpeechVendor['name'],
  fields: FieldTreatments,
  rest: Partial<SpeechVendor> = {},
): SpeechVendor => ({ name, defaults, exampleVoiceId: 'voice', fields, ...rest })

const elevenlabs = vendorWith('elevenlabs', elevenLabsFields, { speedRange: { min: 0.7, max: 1.2 } })
const local = vendorWith('local', localFields)
const plain: SpeechRequest = { text: 'Hello', voiceId: 'voice' }

/** A value of each field that asks for something. */
const asking: Record<(typeof requestedFields)[number], Partial<SpeechRequest>> = {
  languageCode: { languageCode: 'de' },
  seed: { seed: 1 },
  enableLogging: { enableLogging: false },
  optimizeStreamingLatency: { optimizeStreamingLatency: 3 },
  previousText: { previousText: 'Before.' },
  nextText: { nextText: 'After.' },
  previousRequestIds: { previousRequestIds: ['one'] },
  nextRequestIds: { nextRequestIds: ['two'] },
  pronunciationDictionaryLocators: {
    pronunciationDictionaryLocators: [{ pronunciationDictionaryId: 'dictionary' }],
  },
  applyTextNormalization: { applyTextNormalization: 'off' },
  applyLanguageTextNormalization: { applyLanguageTextNormalization: true },
  usePvcAsIvc: { usePvcAsIvc: true },
  audioEffects: { audioEffects: { distance: 1 } },
  instructions: { instructions: 'Whisper.' },
  'voiceSettings.stability': { voiceSettings: { stability: 0.1 } },
  'voiceSettings.similarityBoost': { voiceSettings: { similarityBoost: 0.1 } },
  'voiceSettings.style': { voiceSettings: { style: 0.1 } },
  'voiceSettings.useSpeakerBoost': { voiceSettings: { useSpeakerBoost: true } },
}

/** What becomes of a field at a vendor: it is passed on or holds anyway, is a warning, or is refused by its name. */
function outcomeOf(vendor: SpeechVendor, field: (typeof requestedFields)[number], options = {}): string {
  try {
    const { request, warnings } = fitRequest(vendor, { ...plain, ...asking[field] }, options)
    if (warnings.length === 0)
      return JSON.stringify(request).includes(JSON.stringify(asking[field]).slice(1, -1))
        ? 'taken'
        : 'dropped'
    return warnings.length === 1 && warnings[0]?.includes(field) ? 'warned' : 'odd'
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_request', errors: [{ path: field }] })
    expect((error as Error).message).toContain(field)
    return 'refused'
  }
}

const outcomes = (vendor: SpeechVendor, options = {}) =>
  Object.fromEntries(requestedFields.map((field) => [field, outcomeOf(vendor, field, options)]))

const settings = {
  'voiceSettings.stability': 'warned',
  'voiceSettings.similarityBoost': 'warned',
  'voiceSettings.style': 'warned',
  'voiceSettings.useSpeakerBoost': 'warned',
}

describe('a field of a request', () => {
  it('is taken by ElevenLabs, all but the instructions of OpenAI, which it refuses by name', () => {
    expect(outcomes(elevenlabs)).toEqual({
      ...Object.fromEntries(requestedFields.map((field) => [field, 'taken'])),
      instructions: 'refused',
    })
  })

  it('is taken by the built-in voice, told of in a warning, or refused by name', () => {
    expect(outcomes(local)).toEqual({
      ...Object.fromEntries(requestedFields.map((field) => [field, 'refused'])),
      ...settings,
      languageCode: 'taken',
      seed: 'taken',
      enableLogging: 'taken',
      optimizeStreamingLatency: 'taken',
    })
  })

  it('keeps a stand-in from speaking only where the clip would be another one or a promise would break', () => {
    const nothing = vendorWith('local', {})
    expect(outcomes(nothing, { isStandIn: true })).toEqual({
      ...Object.fromEntries(requestedFields.map((field) => [field, 'warned'])),
      enableLogging: 'refused',
      pronunciationDictionaryLocators: 'refused',
      audioEffects: 'refused',
      instructions: 'refused',
    })
  })

  it('that asks for nothing is taken by every vendor', () => {
    const idle: SpeechRequest = {
      ...plain,
      enableLogging: true,
      optimizeStreamingLatency: 0,
      applyTextNormalization: 'auto',
      applyLanguageTextNormalization: false,
      usePvcAsIvc: false,
    }
    expect(fitRequest(vendorWith('local', {}), idle).warnings).toEqual([])
  })

  it('is named beside all others that are refused', () => {
    const request = { ...plain, ...asking.usePvcAsIvc, ...asking.instructions }
    expect(() => fitRequest(local, request)).toThrow(/usePvcAsIvc: .*; instructions: .*leave it out/)
  })

  it('speed is brought into the bounds of the vendor, with a warning', () => {
    const { request, warnings } = fitRequest(elevenlabs, { ...plain, voiceSettings: { speed: 2, style: 0 } })
    expect(request.voiceSettings).toEqual({ speed: 1.2, style: 0 })
    expect(warnings).toEqual(['ElevenLabs takes a speed from 0.7 to 1.2; 2 became 1.2'])
  })
})
