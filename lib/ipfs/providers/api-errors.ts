import { STATUS_CODES } from 'node:http'
import { ProviderError } from '#lib/model/errors.ts'
import { connectionFault } from '#lib/platform/connection-fault.ts'
import { parseRetryAfter } from '#lib/platform/http-date.ts'
import type { Scrub } from '#lib/platform/redact.ts'
import type { Excerpt } from '#lib/platform/response-excerpt.ts'
import { rootCause } from '#lib/platform/root-cause.ts'

// Errors without a connection, so that nothing can have been stored.
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

// Statuses by which a proxy says that the service behind it did not answer, though it may have finished the work.
const lostAnswerStatuses = new Set([502, 504, 520, 524])

/** What a vendor's refusal means for the operator: stands behind the vendor's own words. */
export interface Hint {
  status: number
  /** What the vendor's own words must contain. */
  says?: RegExp
  hint: string
}

/** What an error needs to know about the request that failed. */
export interface FailureContext {
  /** Whether the request carried content that the provider could have stored. */
  isUpload: boolean
  scrub: Scrub
  excerpt: Excerpt
  hints: readonly Hint[]
  /** Milliseconds since the epoch. */
  now: number
}

/** The error for an answer outside 2xx; `text` is the part of its body that could be read. */
export function statusFailure(response: Response, text: string, context: FailureContext): ProviderError {
  const { status } = response
  const isRetryable = [408, 425, 429].includes(status) || status >= 500
  const reason = STATUS_CODES[status]
  const excerpt = context.excerpt(text)
  const message =
    ['Answered', status, reason].filter(Boolean).join(' ') +
    (excerpt && excerpt !== reason ? `: ${excerpt}` : '')
  const hint = context.hints.find((each) => each.status === status && (each.says?.test(text) ?? true))
  return new ProviderError(context.scrub(hint ? `${message} (${hint.hint})` : message), {
    isRetryable,
    retryAfterMs: isRetryable ? parseRetryAfter(response.headers.get('retry-after'), context.now) : undefined,
    statusCode: status,
    mayHaveStored: context.isUpload && lostAnswerStatuses.has(status),
  })
}

/** The error for a request or answer that was interrupted; `error` is what `fetch` threw. */
export function networkFailure(error: unknown, context: FailureContext): ProviderError {
  const cause = rootCause(error)
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
  const isUnreachable = neverSentCodes.has(code) || isTlsCode(code)
  return new ProviderError(context.scrub(`Connection failed: ${connectionFault(cause)}`), {
    cause,
    isRetryable: true,
    mayHaveStored: context.isUpload && !isUnreachable,
    isUnreachable,
  })
}

/** The error for a 2xx answer whose body is not what the API promises. */
export function unreadableAnswer(problem: string, context: FailureContext, cause?: unknown): ProviderError {
  return new ProviderError(context.scrub(problem), {
    cause,
    isRetryable: true,
    mayHaveStored: context.isUpload,
  })
}
