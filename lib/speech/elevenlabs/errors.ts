import { type ErrorCode, type FieldError, ServiceError } from '#lib/model/errors.ts'
import { connectionFault } from '#lib/platform/connection-fault.ts'
import { parseRetryAfter } from '#lib/platform/http-date.ts'
import { camelCase } from '#lib/platform/letter-case.ts'
import type { Excerpt } from '#lib/platform/response-excerpt.ts'
import { rootCause } from '#lib/platform/root-cause.ts'
import { StatusError, UnreadableAnswerError } from './api.ts'
import { elevenLabsFields } from './fields.ts'

/** What ElevenLabs' own words for an error mean; they count more than the HTTP status, which varies. */
const meanings: Record<string, { code: ErrorCode; path?: string }> = {
  invalid_api_key: { code: 'speech_credentials_refused' },
  quota_exceeded: { code: 'speech_quota_exceeded' },
  voice_not_found: { code: 'voice_not_found', path: 'voiceId' },
  voice_does_not_exist: { code: 'voice_not_found', path: 'voiceId' },
  max_character_limit_exceeded: { code: 'invalid_request', path: 'text' },
  model_not_found: { code: 'invalid_request', path: 'modelId' },
  // Each plan has its own list of formats.
  output_format_not_allowed: { code: 'invalid_request', path: 'outputFormat' },
  subscription_required: { code: 'invalid_request' },
  too_many_concurrent_requests: { code: 'speech_overloaded' },
  concurrent_limit_exceeded: { code: 'speech_overloaded' },
  system_busy: { code: 'speech_overloaded' },
}

function meaningOf(statusCode: number, words: string[]): { code: ErrorCode; path?: string } {
  const known = words.find((word) => Object.hasOwn(meanings, word))
  if (known) return meanings[known] as { code: ErrorCode; path?: string }
  if (statusCode === 401 || statusCode === 403) return { code: 'speech_credentials_refused' }
  if (statusCode === 402) return { code: 'speech_quota_exceeded' }
  if (statusCode === 404) return { code: 'voice_not_found', path: 'voiceId' }
  if ([400, 413, 422].includes(statusCode)) return { code: 'invalid_request' }
  if (statusCode === 429 || statusCode === 503) return { code: 'speech_overloaded' }
  if (statusCode === 408 || statusCode >= 500) return { code: 'speech_unavailable' }
  return { code: 'speech_invalid_answer' }
}

const messages: Partial<Record<ErrorCode, (said: string) => string>> = {
  speech_credentials_refused: (said) =>
    `ElevenLabs refused the credentials of this service (${said}); its operator must check ELEVENLABS_API_KEY`,
  speech_quota_exceeded: (said) => `The ElevenLabs quota of this service is used up (${said})`,
  voice_not_found: (said) =>
    `ElevenLabs does not know this voice (${said}); voiceId takes the id of a voice in the account`,
  invalid_request: (said) => `ElevenLabs refused the request: ${said}`,
  speech_overloaded: (said) => `ElevenLabs is overloaded (${said}); try again in a moment`,
  speech_unavailable: (said) => `ElevenLabs failed (${said}); try again later`,
  speech_invalid_answer: (said) => `ElevenLabs answered neither audio nor an error that we know (${said})`,
}

/**
 * What a call threw before the first byte, as the error that a caller may see. Of the vendor's own words it has no more than
 * `excerpt` lets through.
 */
export function refusalOf(error: unknown, context: { excerpt: Excerpt; now: number }): ServiceError {
  if (ServiceError.isInstance(error)) return error
  if (StatusError.isInstance(error)) return statusRefusal(error, context)
  return faultOf(error, context.excerpt)
}

function statusRefusal(
  error: StatusError,
  { excerpt, now }: { excerpt: Excerpt; now: number },
): ServiceError {
  const { statusCode, body } = error
  const detail = (body as { detail?: unknown } | null)?.detail
  const { code, path } = meaningOf(statusCode, wordsOf(detail))
  const words = excerpt(typeof body === 'string' ? body : JSON.stringify(body))
  const fields = Array.isArray(detail) ? fieldErrorsOf(detail, excerpt) : []
  const errors = fields.length > 0 ? fields : path && [{ path, message: words }]
  const said = fields.length > 0 ? describe(fields) : `${statusCode} ${words}`.trim()
  return new ServiceError(code, messages[code]?.(said) ?? said, {
    cause: error,
    retryAfterMs: parseRetryAfter(error.retryAfter, now),
    ...(errors && code === 'invalid_request' && { errors }),
  })
}

/** ElevenLabs names an error in `status`, since 2026 also in `code`. */
function wordsOf(detail: unknown): string[] {
  const { status, code } = (detail ?? {}) as { status?: unknown; code?: unknown }
  return [status, code].filter((word) => typeof word === 'string')
}

/** The fields of a request that the vendor can refuse, by our own names. */
const refusableFields: ReadonlySet<string> = new Set([
  'text',
  'modelId',
  'outputFormat',
  'voiceSettings',
  'voiceSettings.speed',
  ...Object.keys(elevenLabsFields),
])
const MAX_FIELD_ERRORS = 10

/** The entries of a 422, such as `{"loc": ["body", "voice_settings", "speed"], "msg": "…"}`, about fields that there are. */
function fieldErrorsOf(entries: readonly unknown[], excerpt: Excerpt): FieldError[] {
  return entries.slice(0, MAX_FIELD_ERRORS).flatMap((entry) => {
    const { loc, msg } = (entry ?? {}) as { loc?: unknown; msg?: unknown }
    const [, ...names] = Array.isArray(loc) ? loc.filter((name) => typeof name === 'string') : []
    const path = camelCase(names.join('.'))
    const message = typeof msg === 'string' ? excerpt(msg) : 'is wrong'
    return refusableFields.has(path) ? [{ path, message }] : []
  })
}

const describe = (errors: FieldError[]) => errors.map(({ path, message }) => `${path}: ${message}`).join('; ')

/** There was no answer, or none that can be understood. */
function faultOf(error: unknown, excerpt: Excerpt): ServiceError {
  if (UnreadableAnswerError.isInstance(error)) return invalidAnswerError(error.answered, error)
  const cause = rootCause(error)
  if (cause.message === 'unexpected redirect') {
    const answered = 'with a redirect, which is not followed; ELEVENLABS_BASE_URL takes the final URL'
    return invalidAnswerError(answered, error)
  }
  const code = 'code' in cause ? String(cause.code) : ''
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return timeoutError(error)
  const message = `ElevenLabs could not be reached: ${excerpt(connectionFault(cause))}`
  return new ServiceError('speech_unavailable', message, { cause: error })
}

export function timeoutError(cause?: unknown): ServiceError {
  return new ServiceError('speech_timeout', 'ElevenLabs did not answer in time', { cause })
}

export function brokenError(cause: unknown): ServiceError {
  return new ServiceError('speech_stream_broken', 'ElevenLabs broke off in the middle of the audio', {
    cause,
  })
}

export function noAudioError(answered: string): ServiceError {
  return invalidAnswerError(`${answered} instead of audio`)
}

/** `answered` ends the sentence "ElevenLabs answered …". */
function invalidAnswerError(answered: string, cause?: unknown): ServiceError {
  return new ServiceError('speech_invalid_answer', `ElevenLabs answered ${answered}`, { cause })
}
