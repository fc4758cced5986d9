import type { ReadableStream } from 'node:stream/web'

/** What is to be said, in ElevenLabs' own terms. Only `text` and `voiceId` are always given. */
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
 * A voice. Resolves once the first byte is there, so that whatever is refused is refused before anything is stored.
 *
 * Failures are thrown as `ServiceError` with one of the `speech_…` codes, `voice_not_found` or `invalid_request`.
 */
export interface Speech {
  readonly name: 'elevenlabs' | 'local'
  speak(request: SpeechRequest, options: { signal: AbortSignal }): Promise<SpokenAudio>
  voices(options: { signal: AbortSignal }): Promise<Voice[]>
  /** Stops what runs beside the event loop. */
  close(): Promise<void>
}
