import type { Fault } from '../../support/stub-vendors.ts'
import { statusFault } from '../../support/stub-vendors.ts'

/** What the service is to make of one fault at a provider that stands alone. */
export interface StorageCase {
  name: string
  fault: Fault
  /** Tries of the first round: all that are configured, or fewer where no retry can help. `undefined`: as time allows. */
  tries: number | undefined
  /** Whether the provider has taken the clip all the same, so that it is recognised there. */
  isStored: boolean
}

const ALL = 4
const lost = (name: string, fault: Fault, tries: number | undefined = ALL): StorageCase => ({
  name,
  fault,
  tries,
  isStored: false,
})
const stored = (name: string, fault: Fault): StorageCase => ({
  name,
  fault,
  tries: undefined,
  isStored: true,
})

export const storageCases: StorageCase[] = [
  // The breaker of a provider without a connection opens after two tries.
  lost('refused', { kind: 'refused' }, 2),
  lost('reset before the body', { kind: 'reset-before-body' }),
  lost('reset in the middle of the body', { kind: 'reset-mid-body' }),
  stored('reset after storing', { kind: 'reset-after-storing' }),
  stored('reset in the middle of the answer', { kind: 'reset-mid-answer' }),
  lost('hang', { kind: 'hang' }, undefined),
  stored('hang after storing', { kind: 'hang-after-storing' }),
  stored('slow drip', { kind: 'slow-drip' }),
  lost('400', statusFault(400), 1),
  lost('401', statusFault(401), 1),
  lost('403', statusFault(403), 1),
  lost('413', statusFault(413), 1),
  lost('413 before the body is read', statusFault(413, { isEarly: true }), 1),
  lost('429', statusFault(429)),
  lost('429, Retry-After: 1', statusFault(429, { retryAfterSeconds: 1 }), undefined),
  lost('429, Retry-After: 60', statusFault(429, { retryAfterSeconds: 60 }), 1),
  lost('429, Retry-After: a date', statusFault(429, { retryAfterSeconds: 60, isRetryAfterDate: true }), 1),
  lost('500', statusFault(500)),
  lost('503', statusFault(503)),
  lost('empty body', { kind: 'empty-body' }),
  lost('HTML', { kind: 'html' }),
  lost('JSON of another kind', { kind: 'json' }),
  lost('wrong CID', { kind: 'wrong-cid' }, 1),
  stored('truncated JSON', { kind: 'truncated-json' }),
]

/** What the caller is to be told of one fault at the speech vendor. */
export interface SpeechCase {
  name: string
  fault: Fault
  status: number
  code: string
}

const told = (name: string, fault: Fault, status: number, code: string): SpeechCase => ({
  name,
  fault,
  status,
  code,
})

export const speechCases: SpeechCase[] = [
  told('refused', { kind: 'refused' }, 503, 'speech_unavailable'),
  told('reset before the body', { kind: 'reset-before-body' }, 503, 'speech_unavailable'),
  told('reset in the middle of the body', { kind: 'reset-mid-body' }, 503, 'speech_unavailable'),
  told('reset in the middle of the answer', { kind: 'reset-mid-answer' }, 502, 'speech_stream_broken'),
  told('cut off without a length', { kind: 'cut-without-length' }, 502, 'speech_stream_broken'),
  told('compressed and cut off', { kind: 'cut-compressed' }, 502, 'speech_stream_broken'),
  told('audio without an end', { kind: 'endless' }, 502, 'speech_invalid_answer'),
  told('hang', { kind: 'hang' }, 504, 'speech_timeout'),
  told('slow drip', { kind: 'slow-drip' }, 504, 'speech_timeout'),
  told(
    '400, text too long',
    statusFault(400, { code: 'max_character_limit_exceeded' }),
    400,
    'invalid_request',
  ),
  told('401', statusFault(401), 502, 'speech_credentials_refused'),
  told('401, no quota', statusFault(401, { code: 'quota_exceeded' }), 503, 'speech_quota_exceeded'),
  told('403', statusFault(403), 502, 'speech_credentials_refused'),
  told('404', statusFault(404), 404, 'voice_not_found'),
  told('413', statusFault(413), 400, 'invalid_request'),
  told('429', statusFault(429), 503, 'speech_overloaded'),
  told('429, Retry-After: 60', statusFault(429, { retryAfterSeconds: 60 }), 503, 'speech_overloaded'),
  told('500', statusFault(500), 503, 'speech_unavailable'),
  told('503', statusFault(503), 503, 'speech_overloaded'),
  told('empty body', { kind: 'empty-body' }, 502, 'speech_invalid_answer'),
  told('HTML', { kind: 'html' }, 502, 'speech_invalid_answer'),
  told('JSON', { kind: 'json' }, 502, 'speech_invalid_answer'),
]
