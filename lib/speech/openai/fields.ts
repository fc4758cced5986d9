import type { FieldTreatments } from '#lib/speech/request.ts'

/** OpenAI's API has words for how to speak; what it lacks of a voice's settings changes nothing of what is said. */
export const openAiFields = {
  instructions: 'passed',
  languageCode: 'warned',
  'voiceSettings.stability': 'warned',
  'voiceSettings.similarityBoost': 'warned',
  'voiceSettings.style': 'warned',
  'voiceSettings.useSpeakerBoost': 'warned',
} as const satisfies FieldTreatments
