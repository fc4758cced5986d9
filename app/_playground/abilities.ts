import { outputFormats } from '#lib/audio/formats.ts'
import type { RequestedField } from '#lib/speech/request.ts'
import type { Speech } from '#lib/speech/speech.ts'

/** What the configured voice can be asked for, as far as the page offers it. */
export interface Abilities {
  vendor: string
  exampleVoiceId: string
  /** What the page asks for unless something else is chosen. */
  defaults: { modelId: string; outputFormat: string }
  /** What is spoken where a request names no format. */
  usualFormat: string
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

const MP3 = 'mp3_44100_128'

/** OpenAI's API has codecs, and no rates to choose. */
const openAiFormats = [MP3, 'opus_48000_64', 'wav_24000']

const isPlayable = (format: string) => /^(mp3|opus|wav|flac|aac)_/.test(format)

/** The abilities of a voice: fields that it would ignore are not among them. */
export function abilitiesOf({ vendor, account }: Speech): Abilities {
  const { name, defaults, exampleVoiceId, fields, speedRange = SPEED } = vendor
  const { modelId, outputFormat: usualFormat } = defaults
  const offered = name === 'openai' ? openAiFormats : outputFormats.filter(isPlayable)
  const isUsualMissing = isPlayable(usualFormat) && !offered.includes(usualFormat)
  return {
    vendor: name,
    exampleVoiceId,
    defaults: { modelId, outputFormat: isPlayable(usualFormat) ? usualFormat : MP3 },
    usualFormat,
    fields: (Object.keys(fields) as RequestedField[]).filter((field) => fields[field] === 'passed'),
    speed: { min: Math.max(SPEED.min, speedRange.min), max: Math.min(SPEED.max, speedRange.max) },
    formats: isUsualMissing ? [usualFormat, ...offered] : offered,
    hasModels: account !== undefined,
  }
}
