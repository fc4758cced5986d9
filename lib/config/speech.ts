import type { Reader } from './reader.ts'
import { durationMs, headerSecret, oneOf, text, url, whole } from './variables.ts'

/** The speech vendors and the variable with the key that each needs. `SPEECH_PROVIDER=auto` takes the first that has it. */
const keyVariables = { elevenlabs: 'ELEVENLABS_API_KEY', local: undefined }

export type SpeechVendorName = keyof typeof keyVariables

export const speechVendorNames = Object.keys(keyVariables) as SpeechVendorName[]

/** The speech vendor, its limits, and the format that the audio is stored in. */
export function readSpeech({ read, isSet, problems }: Reader) {
  const asked = read('SPEECH_PROVIDER', oneOf('auto', ...speechVendorNames), 'auto')
  const missingKey = (name: SpeechVendorName) => {
    const variable = keyVariables[name]
    return variable && !isSet(variable) ? variable : undefined
  }
  const automatic = speechVendorNames.find((name) => !missingKey(name)) ?? 'local'
  const provider = asked === 'auto' ? automatic : asked
  const missing = missingKey(provider)
  if (missing) problems.push(`${missing}: got nothing, takes the key that SPEECH_PROVIDER=${provider} needs`)
  return {
    provider,
    /** The built-in voice speaks since nobody has chosen another. */
    isFallback: asked === 'auto' && provider === 'local',
    /** How long one text may take to be spoken. */
    timeoutMs: read('SPEECH_TIMEOUT_MS', durationMs(), 60_000),
    /** How many texts are spoken at once. */
    concurrency: read('SPEECH_CONCURRENCY', whole(1), 5),
    /** What clips are re-encoded to before they are stored. */
    optimize: read('AUDIO_OPTIMIZE', oneOf('off', 'opus'), 'off'),
    elevenLabs: {
      /** Empty where there is none; `provider` is another vendor then. */
      apiKey: read('ELEVENLABS_API_KEY', headerSecret(), ''),
      /** The vendor's own if `undefined`. */
      baseUrl: read('ELEVENLABS_BASE_URL', url),
      /** For requests that name none; so is the format. */
      modelId: read('ELEVENLABS_MODEL_ID', text, 'eleven_multilingual_v2'),
      outputFormat: read('ELEVENLABS_OUTPUT_FORMAT', text, 'mp3_44100_128'),
    },
  }
}
