import type { FieldTreatments } from '#lib/speech/request.ts'

/** What the built-in voice makes of fields that it was not made for: it has one way to say a text, and sends it nowhere. */
export const localFields = {
  // Its own warning says which languages it does not speak.
  languageCode: 'honoured',
  // The same text always gives the same bytes.
  seed: 'honoured',
  enableLogging: 'honoured',
  optimizeStreamingLatency: 'honoured',
  'voiceSettings.stability': 'warned',
  'voiceSettings.similarityBoost': 'warned',
  'voiceSettings.style': 'warned',
  'voiceSettings.useSpeakerBoost': 'warned',
} as const satisfies FieldTreatments
