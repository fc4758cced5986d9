import { type ErrorCode, type FieldError, ServiceError } from '#lib/model/errors.ts'
import { connectionFault } from '#lib/platform/connection-fault.ts'
import { parseRetryAfter } from '#lib/platform/http-date.ts'
import type { Excerpt } from '#lib/platform/response-excerpt.ts'
import { rootCause } from '#lib/platform/root-cause.ts'
import { StatusError, UnreadableAnswerError } from './request.ts'

/** What an error of a vendor means for us; `path`: the field of the request that is wrong. */
export interface Meaning {
  code: ErrorCode
  path?: string
}

/** How one vendor says what is wrong. */
export interface VendorDialect {
  /** Within and at the beginning of a sentence. */
  title: string
  /** The variables with its key and its URL. */
  keyVariable: string
  urlVariable: string
  /** What a caller can take for a voice. */
  voiceHint: string
  /** What its body says an error means, where it says so: that counts more than the HTTP status, which varies. */
  meaningOf(statusCode: number, body: unknown): Meaning | undefined
  /** The wrong fields that its body names, by our own names. */
  fieldErrorsOf?(body: unknown, excerpt: Excerpt): FieldError[]
}

/** The errors of a vendor as callers may see them. */
export interface VendorErrors {
  /**
   * What a call threw before the first byte, as the error that a caller may see. Of the vendor's own words it has no more
   * than `excerpt` lets through.
   */
  refusalOf(error: unknown, context: { excerpt: Excerpt; now: number }): ServiceError
  timeoutError(cause?: unknown): ServiceError
  /** The audio broke off. */
  brokenError(cause: unknown): ServiceError
  /** `answered` ends the sentence "<vendor> answered … instead of audio". */
  noAudioError(answered: string): ServiceError
}

export function createVendorErrors(dialect: VendorDialect): VendorErrors {
  const { title } = dialect
  const messages = messagesOf(dialect)

  /** `answered` ends the sentence "<vendor> answered …". */
  const invalidAnswerError = (answered: string, cause?: unknown) =>
    new ServiceError('speech_invalid_answer', `${title} answered ${answered}`, { cause })
  const timeoutError = (cause?: unknown) =>
    new ServiceError('speech_timeout', `${title} did not answer in time`, { cause })

  function statusRefusal(error: StatusError, { excerpt, now }: { excerpt: Excerpt; now: number }) {
    const { statusCode, body } = error
    const { code, path } = dialect.meaningOf(statusCode, body) ?? meaningOfStatus(statusCode)
    const words = excerpt(typeof body === 'string' ? body : JSON.stringify(body))
    const fields = dialect.fieldErrorsOf?.(body, excerpt) ?? []
    const errors = fields.length > 0 ? fields : path && [{ path, message: words }]
    const said = fields.length > 0 ? describe(fields) : `${statusCode} ${words}`.trim()
    return new ServiceError(code, messages[code]?.(said) ?? said, {
      cause: error,
      retryAfterMs: parseRetryAfter(error.retryAfter, now),
      ...(errors && code === 'invalid_request' && { errors }),
    })
  }

  /** There was no answer, or none that can be understood. */
  function faultOf(error: unknown, excerpt: Excerpt): ServiceError {
    if (UnreadableAnswerError.isInstance(error)) return invalidAnswerError(error.answered, error)
    const cause = rootCause(error)
    if (cause.message === 'unexpected redirect') {
      const answered = `with a redirect, which is not followed; ${dialect.urlVariable} takes the final URL`
      return invalidAnswerError(answered, error)
    }
    const code = 'code' in cause ? String(cause.code) : ''
    if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return timeoutError(error)
    const message = `${title} could not be reached: ${excerpt(connectionFault(cause))}`
    return new ServiceError('speech_unavailable', message, { cause: error })
  }

  return {
    timeoutError,
    refusalOf(error, context) {
      if (ServiceError.isInstance(error)) return error
      if (StatusError.isInstance(error)) return statusRefusal(error, context)
      return faultOf(error, context.excerpt)
    },
    brokenError: (cause) =>
      new ServiceError('speech_stream_broken', `${title} broke off in the middle of the audio`, { cause }),
    noAudioError: (answered) => invalidAnswerError(`${answered} instead of audio`),
  }
}

function meaningOfStatus(statusCode: number): Meaning {
  if (statusCode === 401 || statusCode === 403) return { code: 'speech_credentials_refused' }
  if (statusCode === 402) return { code: 'speech_quota_exceeded' }
  if (statusCode === 404) return { code: 'voice_not_found', path: 'voiceId' }
  if ([400, 413, 422].includes(statusCode)) return { code: 'invalid_request' }
  if (statusCode === 429 || statusCode === 503) return { code: 'speech_overloaded' }
  // Whoever stands in front of the vendor has waited in vain: the text may have been spoken, and paid for.
  if ([408, 504, 524].includes(statusCode)) return { code: 'speech_timeout' }
  if (statusCode >= 500) return { code: 'speech_unavailable' }
  return { code: 'speech_invalid_answer' }
}

function messagesOf({
  title,
  keyVariable,
  voiceHint,
}: VendorDialect): Partial<Record<ErrorCode, (said: string) => string>> {
  return {
    speech_credentials_refused: (said) =>
      `${title} refused the credentials of this service (${said}); its operator must check ${keyVariable}`,
    speech_quota_exceeded: (said) => `The ${title} quota of this service is used up (${said})`,
    voice_not_found: (said) => `${title} does not know this voice (${said}); voiceId takes ${voiceHint}`,
    invalid_request: (said) => `${title} refused the request: ${said}`,
    speech_overloaded: (said) => `${title} is overloaded (${said}); try again in a moment`,
    speech_unavailable: (said) => `${title} failed (${said}); try again later`,
    speech_invalid_answer: (said) => `${title} answered neither audio nor an error that we know (${said})`,
  }
}

const describe = (errors: FieldError[]) => errors.map(({ path, message }) => `${path}: ${message}`).join('; ')
