import type { Abilities } from './abilities.ts'
import type { SpeakRequest, SpeechSettings, VoiceSettings } from './speak.ts'

/** What a voice that says nothing about itself is set to, as ElevenLabs documents it. */
export const usualSettings = {
  stability: 0.5,
  similarityBoost: 0.75,
  style: 0,
  useSpeakerBoost: true,
  speed: 1,
}

/** The request for a text, with those of the settings that the voice has. */
export function requestOf(
  { text, voiceId, settings }: { text: string; voiceId: string; settings: SpeechSettings },
  abilities: Abilities,
): SpeakRequest {
  const has = (field: string) => (abilities.fields as string[]).includes(field)
  const { modelId, outputFormat, languageCode, seed, instructions, voiceSettings = {} } = settings
  const own = Object.entries(voiceSettings).filter(
    ([name, value]) => value !== undefined && (name === 'speed' || has(`voiceSettings.${name}`)),
  )
  const format =
    outputFormat && abilities.formats.includes(outputFormat) ? outputFormat : abilities.defaults.outputFormat
  const all = {
    modelId: abilities.hasModels ? modelId : undefined,
    outputFormat: format === abilities.usualFormat ? undefined : format,
    languageCode: has('languageCode') ? languageCode : undefined,
    seed: has('seed') ? seed : undefined,
    instructions: has('instructions') ? instructions?.trim() || undefined : undefined,
    voiceSettings: own.length > 0 ? (Object.fromEntries(own) as VoiceSettings) : undefined,
  }
  const asked = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  return { text: text.trim(), voiceId, ...asked }
}

/** `mp3_44100_128` as `MP3 · 44.1 kHz · 128 kbit/s`. */
export function formatLabel(outputFormat: string): string {
  const [codec = '', rateHz, bitRateKbps] = outputFormat.split('_')
  const parts = [
    codec === 'opus' ? 'Opus' : codec.toUpperCase(),
    rateHz && `${Number(rateHz) / 1000} kHz`,
    bitRateKbps && `${bitRateKbps} kbit/s`,
  ]
  return parts.filter(Boolean).join(' · ')
}
