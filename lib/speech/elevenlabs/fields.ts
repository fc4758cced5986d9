import type { FieldTreatments } from '#lib/speech/request.ts'

/** ElevenLabs' API has all fields but OpenAI's own, `instructions`. */
export const elevenLabsFields = {
  languageCode: 'passed',
  seed: 'passed',
  enableLogging: 'passed',
  optimizeStreamingLatency: 'passed',
  previousText: 'passed',
  nextText: 'passed',
  previousRequestIds: 'passed',
  nextRequestIds: 'passed',
  pronunciationDictionaryLocators: 'passed',
  applyTextNormalization: 'passed',
  applyLanguageTextNormalization: 'passed',
  usePvcAsIvc: 'passed',
  audioEffects: 'passed',
  'voiceSettings.stability': 'passed',
  'voiceSettings.similarityBoost': 'passed',
  'voiceSettings.style': 'passed',
  'voiceSettings.useSpeakerBoost': 'passed',
} as const satisfies FieldTreatments
