import { outputFormats } from '#lib/audio/formats.ts'
import type { RequestedField } from '#lib/speech/request.ts'
import type { Speech } from '#lib/speech/speech.ts'

/** What the configured voice can be asked for, as far as the page offers it. */
export interface Abilities {
  vendor: string
  exampleVoiceId: string
  defaults: { modelId: string; outputFormat: string }
  /** The fields that change how it speaks. */
  fields: RequestedField[]
  speed: { min: number; max: number }
  /** Those that browsers play. */
  formats: string[]
  /** It tells which models it has. */
  hasModels: boolean
}

/** What requests may ask for. */
const SPEED = { min: 0.7, max: 1.2 }

/** OpenAI's API has codecs, and no rates to choose. */
const openAiFormats = ['mp3_44100_128', 'opus_48000_64', 'wav_24000']

/** The abilities of a voice: fields that it would ignore are not among them. */
export function abilitiesOf({ vendor, account }: Speech): Abilities {
  const { name, defaults, exampleVoiceId, fields, speedRange = SPEED } = vendor
  const playable = outputFormats.filter((format) => /^(mp3|opus|wav)_/.test(format))
  const offered = name === 'openai' ? openAiFormats : playable
  return {
    vendor: name,
    exampleVoiceId,
    defaults: { ...defaults },
    fields: (Object.keys(fields) as RequestedField[]).filter((field) => fields[field] === 'passed'),
    speed: { min: Math.max(SPEED.min, speedRange.min), max: Math.min(SPEED.max, speedRange.max) },
    formats: offered.includes(defaults.outputFormat) ? offered : [defaults.outputFormat, ...offered],
    hasModels: account !== undefined,
  }
}
