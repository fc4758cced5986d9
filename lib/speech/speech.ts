import type { ReadableStream } from 'node:stream/web'

/** A text to speak; the fields have the meaning that ElevenLabs gives them. */
export interface SpeechRequest {
  text: string
  voiceId: string
  modelId?: string | undefined
  outputFormat?: string | undefined
  voiceSettings?: VoiceSettings | undefined
  languageCode?: string | undefined
  seed?: number | undefined
}

export interface VoiceSettings {
  stability?: number | undefined
  similarityBoost?: number | undefined
  style?: number | undefined
  useSpeakerBoost?: boolean | undefined
  speed?: number | undefined
}

/** Audio as it is spoken. The stream errors with a `ServiceError` when it breaks before its end. */
export interface SpokenAudio {
  audio: ReadableStream<Uint8Array>
  /** The format that was asked for, such as `mp3_44100_128`. */
  outputFormat: string
  modelId: string
}

export interface Voice {
  id: string
  name: string
  language?: string | undefined
  description?: string | undefined
}

/**
 * A speech vendor. Every method throws a `ServiceError` with one of the `speech_…` codes, `voice_not_found` or
 * `invalid_request`.
 */
export interface Speech {
  readonly name: 'elevenlabs' | 'local'
  /** Resolves once the first byte has arrived: what the vendor refuses is refused before anything is stored. */
  speak(request: SpeechRequest, options: { signal: AbortSignal }): Promise<SpokenAudio>
  /** The voices that can be asked for, in the vendor's order. */
  voices(options: { signal: AbortSignal }): Promise<Voice[]>
  /** Ends the threads of the vendor, if it has any. */
  close(): Promise<void>
}
