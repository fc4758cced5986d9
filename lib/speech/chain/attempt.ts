import type { SpeechVendorName } from '#lib/config/speech.ts'
import type { ErrorCode } from '#lib/model/errors.ts'

/**
 * How an attempt ended: `spoken` to the end, `cancelled` by us, or with an error. `refused` is a request that is wrong;
 * `timeout` counts as paid for, since nobody knows what the vendor had done when it was given up.
 */
export const speechOutcomes = [
  'spoken',
  'cancelled',
  'refused',
  'quota_exceeded',
  'credentials_refused',
  'overloaded',
  'unavailable',
  'timeout',
  'invalid_answer',
  'stream_broken',
] as const
export type SpeechOutcome = (typeof speechOutcomes)[number]

/** One text at one vendor, once that is over. Times in milliseconds. */
export interface SpeechAttempt {
  vendor: SpeechVendorName
  /** The clip that it was for, where the caller said so. */
  clipId: string | undefined
  characters: number
  startedAt: number
  /** From the start to the first byte; `undefined` where there was none. */
  firstByteMs: number | undefined
  durationMs: number
  outcome: SpeechOutcome
  error?: string | undefined
}

const outcomes: { readonly [Code in ErrorCode]?: SpeechOutcome } = {
  invalid_request: 'refused',
  voice_not_found: 'refused',
  speech_quota_exceeded: 'quota_exceeded',
  speech_credentials_refused: 'credentials_refused',
  speech_overloaded: 'overloaded',
  speech_unavailable: 'unavailable',
  speech_timeout: 'timeout',
  speech_invalid_answer: 'invalid_answer',
  speech_stream_broken: 'stream_broken',
}

/** The outcome of an attempt that ended with an error of this code. */
export const outcomeOf = (code: ErrorCode): SpeechOutcome => outcomes[code] ?? 'unavailable'
