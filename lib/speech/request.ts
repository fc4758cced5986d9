/** A text to speak; the fields have the meaning that ElevenLabs gives them. */
export interface SpeechRequest {
  text: string
  voiceId: string
  modelId?: string | undefined
  outputFormat?: string | undefined
  voiceSettings?: VoiceSettings | undefined
  languageCode?: string | undefined
  seed?: number | undefined
  /** `false`: the vendor is to keep nothing of the request. */
  enableLogging?: boolean | undefined
  optimizeStreamingLatency?: number | undefined
  /** What stands before and after `text`, for how it is spoken. */
  previousText?: string | undefined
  nextText?: string | undefined
  previousRequestIds?: string[] | undefined
  nextRequestIds?: string[] | undefined
  pronunciationDictionaryLocators?: DictionaryLocator[] | undefined
  applyTextNormalization?: 'auto' | 'on' | 'off' | undefined
  applyLanguageTextNormalization?: boolean | undefined
  usePvcAsIvc?: boolean | undefined
  audioEffects?: AudioEffects | undefined
  /** How to speak, in words; OpenAI's own field. */
  instructions?: string | undefined
  /** Whether to say when which word is spoken, where the vendor can. */
  timestamps?: boolean | undefined
}

export interface DictionaryLocator {
  pronunciationDictionaryId: string
  versionId?: string | undefined
}

export interface AudioEffects {
  filterPresetId?: string | undefined
  distance?: number | undefined
  environmentId?: string | undefined
  backgroundNoiseId?: string | undefined
  sendLevel?: number | undefined
  pan?: number | undefined
  seed?: number | undefined
}

export interface VoiceSettings {
  stability?: number | undefined
  similarityBoost?: number | undefined
  style?: number | undefined
  useSpeakerBoost?: boolean | undefined
  speed?: number | undefined
}

/** The fields of a request that not every vendor has; `voiceSettings.speed` is one that all have. */
export const requestedFields = [
  'languageCode',
  'seed',
  'enableLogging',
  'optimizeStreamingLatency',
  'previousText',
  'nextText',
  'previousRequestIds',
  'nextRequestIds',
  'pronunciationDictionaryLocators',
  'applyTextNormalization',
  'applyLanguageTextNormalization',
  'usePvcAsIvc',
  'audioEffects',
  'instructions',
  'voiceSettings.stability',
  'voiceSettings.similarityBoost',
  'voiceSettings.style',
  'voiceSettings.useSpeakerBoost',
] as const satisfies (keyof SpeechRequest | `voiceSettings.${keyof VoiceSettings}`)[]

export type RequestedField = (typeof requestedFields)[number]

/**
 * What a vendor does with a field that asks for something. A field that is missing from its table is refused by name.
 *
 * - `passed`: the vendor's API has it
 * - `honoured`: it holds without being passed on
 * - `warned`: the vendor has no such thing, and the answer says so
 */
export type FieldTreatment = 'passed' | 'honoured' | 'warned'

export type FieldTreatments = { readonly [Field in RequestedField]?: FieldTreatment }
