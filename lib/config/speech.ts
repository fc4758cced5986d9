import type { Reader } from './reader.ts'
import { durationMs, oneOf, secretText, text, url, whole } from './variables.ts'

/** Who speaks, and in what the audio is stored. */
export function readSpeech({ read, problems }: Reader) {
  const apiKey = read('ELEVENLABS_API_KEY', secretText)
  const asked = read('SPEECH_PROVIDER', oneOf('auto', 'elevenlabs', 'local'), 'auto')
  if (asked === 'elevenlabs' && !apiKey) {
    problems.push('ELEVENLABS_API_KEY: got nothing, takes the key that SPEECH_PROVIDER=elevenlabs needs')
  }
  const automatic = apiKey ? 'elevenlabs' : 'local'
  return {
    provider: asked === 'auto' ? automatic : asked,
    /** The built-in voice speaks since nobody has chosen another. */
    isFallback: asked === 'auto' && automatic === 'local',
    /** How long one text may take to be spoken. */
    timeoutMs: read('SPEECH_TIMEOUT_MS', durationMs(), 60_000),
    /** How many texts are spoken at once. */
    concurrency: read('SPEECH_CONCURRENCY', whole(1), 5),
    /** What clips are re-encoded to before they are stored. */
    optimize: read('AUDIO_OPTIMIZE', oneOf('off', 'opus'), 'off'),
    elevenLabs: {
      apiKey,
      /** The vendor's own if `undefined`. */
      baseUrl: read('ELEVENLABS_BASE_URL', url),
      /** Of requests that name none, as is the format. */
      modelId: read('ELEVENLABS_MODEL_ID', text, 'eleven_multilingual_v2'),
      outputFormat: read('ELEVENLABS_OUTPUT_FORMAT', text, 'mp3_44100_128'),
    },
  }
}
