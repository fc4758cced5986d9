import type { SpeechRequest } from '#lib/speech/speech.ts'

/**
 * All that decides how a request sounds, in a fixed order: equal for requests that must sound the same, whatever the
 * order of their fields. `vendor` is the name of the speech vendor.
 */
export function requestFingerprint(
  request: SpeechRequest & { modelId: string; outputFormat: string },
  vendor: string,
): unknown[] {
  const { text, voiceId, modelId, outputFormat, voiceSettings, languageCode, seed } = request
  const settings = Object.entries(voiceSettings ?? {})
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const sound = [vendor, text.normalize('NFC').trim(), voiceId, modelId, outputFormat, settings]
  return [...sound, languageCode ?? null, seed ?? null]
}
