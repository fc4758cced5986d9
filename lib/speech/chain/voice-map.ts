import type { SpeechVendorName } from '#lib/config/speech.ts'

/** The voices that stand in for others: by the voice that was asked for, then by vendor; `*` is any other voice. */
export type VoiceMapConfig = {
  readonly [voiceId: string]: { readonly [Vendor in SpeechVendorName]?: string }
}

export interface VoiceMap {
  /** The voice of `vendor` for a voice that was asked for; `undefined` where the map does not say. */
  voiceFor(voiceId: string, vendor: SpeechVendorName): string | undefined
}

export function createVoiceMap(config: VoiceMapConfig): VoiceMap {
  const entry = (voiceId: string) => (Object.hasOwn(config, voiceId) ? config[voiceId] : undefined)
  return { voiceFor: (voiceId, vendor) => entry(voiceId)?.[vendor] ?? entry('*')?.[vendor] }
}
