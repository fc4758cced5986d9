import type { SpeechRequest } from '#lib/speech/speech.ts'

/** Fields that came later: each stands in the fingerprint only where it is set, so that stored hashes keep their meaning. */
const laterFields = [
  'applyLanguageTextNormalization',
  'applyTextNormalization',
  'audioEffects',
  'instructions',
  'nextRequestIds',
  'nextText',
  'optimizeStreamingLatency',
  'previousRequestIds',
  'previousText',
  'pronunciationDictionaryLocators',
  'usePvcAsIvc',
] as const satisfies (keyof SpeechRequest)[]

/**
 * All that decides how a request sounds, in a fixed order: equal for requests that must sound the same, whatever the
 * order of their fields. `vendor` is the name of the speech vendor. `enableLogging` is not part of it: it changes no sound.
 */
export function requestFingerprint(
  request: SpeechRequest & { modelId: string; outputFormat: string },
  vendor: string,
): unknown[] {
  const { text, voiceId, modelId, outputFormat, voiceSettings, languageCode, seed } = request
  const sound = [
    vendor,
    text.normalize('NFC').trim(),
    voiceId,
    modelId,
    outputFormat,
    entriesOf(voiceSettings),
  ]
  const later = laterFields.flatMap((name) => {
    const value = request[name]
    return value === undefined ? [] : [[name, inFixedOrder(value)]]
  })
  return [...sound, languageCode ?? null, seed ?? null, ...later]
}

/** The defined entries of an object, by name. */
function entriesOf(object: object | undefined): [string, unknown][] {
  return Object.entries(object ?? {})
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function inFixedOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inFixedOrder)
  return typeof value === 'object' && value !== null ? entriesOf(value) : value
}
