import { markedError } from '#lib/platform/errors.ts'

/** Every way a request can fail: the stable `code` of the answer and its HTTP status. */
export const errorStatus = {
  invalid_http: 400,
  invalid_json: 400,
  invalid_request: 400,
  unauthorized: 401,
  cross_site: 403,
  forbidden: 403,
  not_found: 404,
  voice_not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  request_timeout: 408,
  expired: 410,
  deleted: 410,
  precondition_failed: 412,
  idempotency_in_flight: 409,
  clip_in_use: 409,
  body_too_large: 413,
  url_too_long: 414,
  range_not_satisfiable: 416,
  idempotency_key_reused: 422,
  upgrade_required: 426,
  rate_limited: 429,
  character_budget_exceeded: 429,
  headers_too_large: 431,
  internal_error: 500,
  misconfigured: 500,
  method_not_implemented: 501,
  format_not_implemented: 501,
  speech_credentials_refused: 502,
  speech_invalid_answer: 502,
  speech_stream_broken: 502,
  speech_quota_exceeded: 503,
  speech_overloaded: 503,
  speech_unavailable: 503,
  storage_unavailable: 503,
  temp_storage_full: 503,
  shutting_down: 503,
  not_ready: 503,
  speech_timeout: 504,
  content_damaged: 503,
  cache_disk_full: 503,
  content_unreachable: 504,
} as const

export type ErrorCode = keyof typeof errorStatus

/** A field of the request that was wrong; `path` as in `voiceSettings.speed`. */
export interface FieldError {
  path: string
  message: string
}

/** How a clip failed at one provider, as reported to callers. `error` has no credential in it. */
export interface ProviderFailure {
  provider: string
  attempts: number
  error: string
}

interface ServiceErrorOptions {
  cause?: unknown
  retryAfterMs?: number | undefined
  errors?: FieldError[]
  providers?: ProviderFailure[]
  /** Headers that the answer must have, such as `Content-Range`. */
  headers?: Record<string, string>
}

/** An error that a caller may see: `message` says what was wrong and what would be right, and has no secret in it. */
export class ServiceError extends markedError('ServiceError') {
  readonly code: ErrorCode
  readonly retryAfterMs: number | undefined
  readonly errors: FieldError[] | undefined
  readonly providers: ProviderFailure[] | undefined
  readonly headers: Record<string, string> | undefined

  constructor(code: ErrorCode, message: string, options: ServiceErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.retryAfterMs = options.retryAfterMs
    this.errors = options.errors
    this.providers = options.providers
    this.headers = options.headers
  }
}

interface ProviderErrorOptions {
  cause?: unknown
  /** Whether the same request may succeed later: 408, 429, 5xx and network faults. */
  isRetryable: boolean
  /** What the provider's `Retry-After` asked for, in milliseconds. */
  retryAfterMs?: number | undefined
  /** The HTTP status, where there was an answer. */
  statusCode?: number | undefined
  /** Whether the provider may hold the clip nevertheless: its answer was lost or unreadable. */
  mayHaveStored?: boolean
  /** Whether there was no connection to the provider: refused, unknown name, no route, TLS. */
  isUnreachable?: boolean
}

/** One failed attempt at an IPFS provider. */
export class ProviderError extends markedError('ProviderError') {
  readonly isRetryable: boolean
  readonly retryAfterMs: number | undefined
  readonly statusCode: number | undefined
  readonly mayHaveStored: boolean
  readonly isUnreachable: boolean

  constructor(message: string, options: ProviderErrorOptions) {
    super(message, { cause: options.cause })
    this.isRetryable = options.isRetryable
    this.retryAfterMs = options.retryAfterMs
    this.statusCode = options.statusCode
    this.mayHaveStored = options.mayHaveStored ?? false
    this.isUnreachable = options.isUnreachable ?? false
  }
}
