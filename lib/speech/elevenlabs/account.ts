import { camelCased } from '#lib/platform/letter-case.ts'
import type { VoiceSettings } from '#lib/speech/request.ts'
import type { CharacterUsage, SpeechModel, Voice } from '#lib/speech/speech.ts'
import type { ElevenLabsApi, VendorModel, VendorVoice } from './api.ts'

// What ElevenLabs tells of an account. Each throws as the API does.

export async function listVoices(api: ElevenLabsApi, signal: AbortSignal): Promise<Voice[]> {
  const voices = await api.voices(signal)
  return voices.map(({ voice_id: id, name, labels, description, preview_url, settings }) => ({
    id,
    name: name ?? id,
    language: labels?.language ?? undefined,
    accent: labels?.accent ?? undefined,
    gender: labels?.gender ?? undefined,
    age: labels?.age ?? undefined,
    description: description ?? undefined,
    previewUrl: webAddress(preview_url),
    settings: settingsOf(settings),
  }))
}

/** `text` where a page may load it: nothing but http and https. */
function webAddress(text: string | null | undefined): string | undefined {
  return text && /^https?:$/.test(URL.parse(text)?.protocol ?? '') ? text : undefined
}

/** The models that speak texts. */
export async function listModels(api: ElevenLabsApi, signal: AbortSignal): Promise<SpeechModel[]> {
  const models = await api.models(signal)
  return models.filter(({ can_do_text_to_speech: speaks }) => speaks !== false).map(modelOf)
}

export async function readUsage(api: ElevenLabsApi, signal: AbortSignal): Promise<CharacterUsage> {
  const { character_count, character_limit, next_character_count_reset_unix } = await api.subscription(signal)
  return {
    usedCharacters: character_count,
    limitCharacters: character_limit,
    resetsAt: next_character_count_reset_unix ? next_character_count_reset_unix * 1000 : undefined,
  }
}

function modelOf({ model_id: id, name, description, languages, ...model }: VendorModel): SpeechModel {
  return {
    id,
    name: name ?? id,
    description: description ?? undefined,
    languages: (languages ?? []).map((language) => ({ id: language.language_id, name: language.name })),
    maxCharacters: model.maximum_text_length_per_request ?? undefined,
  }
}

function settingsOf(settings: VendorVoice['settings']): VoiceSettings | undefined {
  const known = Object.entries(settings ?? {}).filter(([, value]) => value !== null)
  return known.length > 0 ? (camelCased(Object.fromEntries(known)) as VoiceSettings) : undefined
}
