import type { Reader } from './reader.ts'
import { distinct, durationMs, headerSecret, list, oneOf, text, url, voiceMap, whole } from './variables.ts'

/** The speech vendors and the variables of which each needs one. */
const neededVariables = {
  elevenlabs: ['ELEVENLABS_API_KEY'],
  openai: ['OPENAI_SPEECH_BASE_URL', 'OPENAI_SPEECH_API_KEY'],
  local: [],
} as const satisfies Record<string, readonly string[]>

export type SpeechVendorName = keyof typeof neededVariables

export const speechVendorNames = Object.keys(neededVariables) as SpeechVendorName[]

const vendorList = distinct(
  list(oneOf(...speechVendorNames), `a comma-separated list of ${speechVendorNames.join(', ')}, each once`),
)

/** The speech vendors, their limits, and the format that the audio is stored in. */
export function readSpeech(reader: Reader) {
  const { read } = reader
  return {
    ...readVendors(reader),
    /** How long one text may take to be spoken, by however many vendors. */
    timeoutMs: read('SPEECH_TIMEOUT_MS', durationMs(), 60_000),
    /** After this a vendor that has sent nothing gives way to the next. */
    firstByteTimeoutMs: read('SPEECH_FIRST_BYTE_TIMEOUT_MS', durationMs(), 15_000),
    /** How many texts each vendor speaks at once. */
    concurrency: read('SPEECH_CONCURRENCY', whole(1), 5),
    /** Which voice stands in for which. */
    voiceMap: read('SPEECH_VOICE_MAP', voiceMap(speechVendorNames), {}),
    /** What clips are re-encoded to before they are stored. */
    optimize: read('AUDIO_OPTIMIZE', oneOf('off', 'opus'), 'off'),
    elevenLabs: {
      /** Empty where there is none: ElevenLabs is not asked then. */
      apiKey: read('ELEVENLABS_API_KEY', headerSecret(), ''),
      /** The vendor's own if `undefined`. */
      baseUrl: read('ELEVENLABS_BASE_URL', url),
      /** For requests that name none; so is the format. */
      modelId: read('ELEVENLABS_MODEL_ID', text, 'eleven_multilingual_v2'),
      outputFormat: read('ELEVENLABS_OUTPUT_FORMAT', text, 'mp3_44100_128'),
    },
    openAi: {
      apiKey: read('OPENAI_SPEECH_API_KEY', headerSecret()),
      /** OpenAI's own if none is set. */
      baseUrl: read('OPENAI_SPEECH_BASE_URL', url, 'https://api.openai.com/v1'),
      /** For requests that name none; so is the voice, where none that stands in is known. */
      modelId: read('OPENAI_SPEECH_MODEL', text, 'tts-1'),
      voiceId: read('OPENAI_SPEECH_VOICE', text, 'alloy'),
    },
  }
}

/** The vendors in their order, of those that are configured: the first is the one that callers want. */
function readVendors({ read, isSet, problems }: Reader) {
  const isConfigured = (name: SpeechVendorName) =>
    neededVariables[name].length === 0 || neededVariables[name].some((variable) => isSet(variable))
  const former = read('SPEECH_PROVIDER', oneOf('auto', ...speechVendorNames), 'auto')
  const listed = read('SPEECH_PROVIDERS', vendorList)
  const isChosen = listed !== undefined || former !== 'auto'
  const automatic = isConfigured('elevenlabs') ? 'elevenlabs' : 'local'
  const asked = listed ?? [former === 'auto' ? automatic : former]
  const configured = asked.filter(isConfigured)
  const leftOut = asked.filter((name) => !isConfigured(name))
  const [wanted = 'local', ...standIns] = configured
  if (configured.length === 0) {
    const variable =
      listed === undefined ? `SPEECH_PROVIDER=${former}` : `SPEECH_PROVIDERS=${listed.join(',')}`
    const needed = leftOut.flatMap((name) => neededVariables[name]).join(' or ') || 'SPEECH_PROVIDERS'
    problems.push(`${needed}: got nothing, takes what ${variable} needs`)
  }
  const providers: readonly [SpeechVendorName, ...SpeechVendorName[]] = [wanted, ...standIns]
  return {
    providers,
    /** Vendors that were listed and lack what they need. */
    leftOut: leftOut.map((name) => ({ name, needs: neededVariables[name].join(' or ') })),
    /** A service with OpenAI's API is configured, and was not chosen: it does not speak. */
    isOpenAiIdle: !isChosen && isConfigured('openai'),
    /** The built-in voice speaks since nobody has chosen another. */
    isFallback: !isChosen && wanted === 'local',
    /** Speaking costs the operator money. */
    isPaid:
      providers.includes('elevenlabs') || (providers.includes('openai') && isSet('OPENAI_SPEECH_API_KEY')),
  }
}
