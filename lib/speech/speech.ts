import type { ReadableStream } from 'node:stream/web'
import type { Alignment } from '#lib/captions/alignment.ts'
import type { SpeechVendorName } from '#lib/config/speech.ts'
import type { SpeechFacts } from '#lib/model/clip.ts'
import type { BreakerState } from '#lib/platform/breaker.ts'
import type { FieldTreatments, SpeechRequest, VoiceSettings } from './request.ts'

export type { SpeechRequest } from './request.ts'

/** Audio as it is spoken. The stream errors with a `ServiceError` when it breaks before its end. */
export interface SpokenAudio extends SpeechFacts {
  audio: ReadableStream<Uint8Array>
  /** The format that was asked for, such as `mp3_44100_128`. */
  outputFormat: string
  /**
   * The vendor's answer did not say where it ends, so that an end that came too early looks like any other: the audio
   * itself must prove it.
   */
  isEndUnproven?: boolean
  /**
   * When which part of the text is spoken; only where `timestamps` were asked for and the vendor has them. Settled once
   * the audio has been read to its end, failed or been cancelled, and never rejected: `undefined` where it cannot be had.
   */
  alignment?: Promise<Alignment | undefined>
}

export interface Voice {
  id: string
  name: string
  language?: string | undefined
  /** Such as `british`, as the vendor calls it; so are the next two. */
  accent?: string | undefined
  gender?: string | undefined
  age?: string | undefined
  description?: string | undefined
  /** Where a sample of it can be heard, at the vendor. */
  previewUrl?: string | undefined
  /** How it speaks where a request says nothing else, as far as the vendor tells. */
  settings?: VoiceSettings | undefined
}

/** A model of a vendor's account. */
export interface SpeechModel {
  id: string
  name: string
  description?: string | undefined
  /** What it speaks, such as `{ id: 'en', name: 'English' }`. */
  languages: readonly { id: string; name: string }[]
  /** The longest text that it takes, in characters. */
  maxCharacters?: number | undefined
}

/** What has been spoken of what an account may have spoken, in characters. */
export interface CharacterUsage {
  usedCharacters: number
  limitCharacters: number
  /** When a new count begins, in milliseconds since the epoch. */
  resetsAt?: number | undefined
}

/** What only some vendors tell of themselves. Throws as `Speech` does. */
export interface VendorAccount {
  models(options: { signal: AbortSignal }): Promise<SpeechModel[]>
  usage(options: { signal: AbortSignal }): Promise<CharacterUsage>
}

/** What others need to know of a speech vendor. */
export interface SpeechVendor {
  readonly name: SpeechVendorName
  /** The model and the format of requests that name none: clips are recorded and found again under them. */
  readonly defaults: { readonly modelId: string; readonly outputFormat: string }
  /** One of its voices, for examples. */
  readonly exampleVoiceId: string
  /** What it does with the fields that not every vendor has. */
  readonly fields: FieldTreatments
  /** The bounds of its `speed`, where it refuses values outside of them. */
  readonly speedRange?: { readonly min: number; readonly max: number }
  /** It can say when which word is spoken. */
  readonly hasTimestamps?: boolean
  /** It sends nothing of such a format before all of it is spoken. */
  readonly sendsWhole?: (outputFormat: string) => boolean
  /** It knows OpenAI's voices by their names. */
  readonly hasOpenAiVoices?: boolean
  /** Its model for a model name in a request to OpenAI's API; `undefined` for its default. */
  readonly modelForOpenAi?: (model: string) => string | undefined
}

/** `background`: nobody waits for it. It leaves a slot free for those who do, and waits for its own as long as it takes. */
export type SpeechPriority = 'interactive' | 'background'

export interface SpeakOptions {
  signal: AbortSignal
  /** `interactive` where it is left out. */
  priority?: SpeechPriority | undefined
  /** For whom: those in the background take turns by caller. */
  caller?: string | undefined
  /** From the call to the last byte, where that is less than the vendor's own limit. */
  timeoutMs?: number
  /** A vendor that has not begun by then is cancelled: for a chain, which has others. */
  firstByteTimeoutMs?: number | undefined
  /** The clip that it is for. */
  clipId?: string
  /** Runs once there is a slot, and before a vendor is asked, which it is not where this throws. */
  beforeSpeaking?: (() => Promise<void>) | undefined
}

/**
 * Speaks by one vendor. Every method throws a `ServiceError` with one of the `speech_…` codes, `voice_not_found` or
 * `invalid_request`.
 */
export interface Speech {
  readonly vendor: SpeechVendor
  /** Resolves once the first byte has arrived: what the vendor refuses is refused before anything is stored. */
  speak(request: SpeechRequest, options: SpeakOptions): Promise<SpokenAudio>
  /** The voices that can be asked for, in the vendor's order. */
  voices(options: { signal: AbortSignal }): Promise<Voice[]>
  readonly account?: VendorAccount | undefined
  /** Ends the threads of the vendor, if it has any. */
  close(): Promise<void>
}

/** One vendor of several as operators see it. */
export interface VendorState {
  vendor: SpeechVendorName
  breaker: BreakerState
  /** What its operator must do something about. */
  note?: string
  isQuotaUsedUp: boolean
}

/** Vendors that stand in for the first one, which callers want: its `vendor` and its voices are those of that one. */
export interface SpeechChain extends Speech {
  /** In their order. */
  states(): VendorState[]
}
