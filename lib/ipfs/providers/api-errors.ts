import { STATUS_CODES } from 'node:http'
import { ProviderError } from '#lib/model/errors.ts'
import { parseRetryAfter } from '#lib/platform/http-date.ts'
import type { Scrub } from '#lib/platform/redact.ts'
import { responseExcerpt } from '#lib/platform/response-excerpt.ts'

// Faults at which no connection came about, so that nothing can have been stored.
const neverSentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])
const isTlsCode = (code: string) =>
  /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/.test(code)

// Answers of a proxy that lost touch with the service behind it, which may have finished all the same.
const lostAnswerStatuses = new Set([502, 504, 520, 524])

/** What is known about a request when it fails. */
export interface FailureContext {
  /** Whether the request carried content that the provider could have stored. */
  isUpload: boolean
  scrub: Scrub
  /** Milliseconds since the epoch. */
  now: number
}

/** The error for an answer outside 2xx; `text` is as much of its body as could be read. */
export function statusFailure(response: Response, text: string, context: FailureContext): ProviderError {
  const { status } = response
  const isRetryable = status === 408 || status === 429 || status >= 500
  const reason = STATUS_CODES[status]
  const said = responseExcerpt(context.scrub(text))
  const message =
    ['Answered', status, reason].filter(Boolean).join(' ') + (said && said !== reason ? `: ${said}` : '')
  return new ProviderError(context.scrub(message), {
    isRetryable,
    retryAfterMs: isRetryable ? parseRetryAfter(response.headers.get('retry-after'), context.now) : undefined,
    statusCode: status,
    mayHaveStored: context.isUpload && lostAnswerStatuses.has(status),
  })
}

/** The error for a request or answer that broke off on the way; `error` is what `fetch` threw. */
export function networkFailure(error: unknown, context: FailureContext): ProviderError {
  const cause = rootOf(error)
  if (cause.name === 'NotReadableError') {
    return new ProviderError('Not uploaded: the bytes of the clip can no longer be read', {
      cause,
      isRetryable: false,
    })
  }
  if (cause.message === 'unexpected redirect') {
    const message = 'Answered with a redirect, which is not followed; configure the final URL'
    return new ProviderError(message, { cause, isRetryable: false })
  }
  const code = 'code' in cause ? String(cause.code) : ''
  const detail = cause.message.includes(code) ? cause.message : `${cause.message} (${code})`
  return new ProviderError(context.scrub(`Connection failed: ${detail}`), {
    cause,
    isRetryable: true,
    mayHaveStored: context.isUpload && !neverSentCodes.has(code) && !isTlsCode(code),
  })
}

/** The error for a 2xx answer that cannot be understood. */
export function unreadableAnswer(problem: string, context: FailureContext, cause?: unknown): ProviderError {
  return new ProviderError(context.scrub(problem), {
    cause,
    isRetryable: true,
    mayHaveStored: context.isUpload,
  })
}

/** The innermost cause: `fetch` itself says no more than "fetch failed". */
function rootOf(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0]
  return error.cause instanceof Error ? rootOf(error.cause) : error
}
