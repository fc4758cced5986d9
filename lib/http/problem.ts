import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { CatalogError } from '#lib/catalog/connection.ts'
import { type ErrorCode, errorStatus, ServiceError } from '#lib/model/errors.ts'
import type { Scrub } from '#lib/platform/redact.ts'
import { withoutAddresses } from '#lib/platform/without-addresses.ts'
import { jsonResponse } from './json-response.ts'

const titles: Record<number, string> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  406: 'Not acceptable',
  408: 'Request timeout',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition failed',
  413: 'Content too large',
  414: 'URI too long',
  416: 'Range not satisfiable',
  422: 'Unprocessable content',
  426: 'Upgrade required',
  429: 'Too many requests',
  431: 'Request header fields too large',
  500: 'Internal error',
  501: 'Not implemented',
  502: 'Bad gateway',
  503: 'Service unavailable',
  504: 'Gateway timeout',
}

/** The `Retry-After` of a 503 for which no better time is known. */
const USUAL_RETRY_AFTER_MS = 10_000

/** The body of a problem document. */
export const problemSchema = z
  .object({
    type: z.string().meta({ example: 'urn:voicepin:error:invalid_request' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z
      .enum(Object.keys(errorStatus) as [string])
      .meta({ description: 'The kind of error; stable, so that programs can rely on it.' }),
    requestId: z.string(),
    success: z.literal(false),
    error: z.string().meta({ description: 'The same as `detail`.' }),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    providers: z
      .array(z.object({ provider: z.string(), attempts: z.int().min(0), error: z.string() }))
      .optional(),
  })
  .meta({ id: 'Problem' })

/** An answer with a problem document (RFC 9457). */
export interface Problem {
  status: number
  body: { code: ErrorCode; [member: string]: unknown }
  headers: Record<string, string>
}

/**
 * The problem document for `error`: with the whole message of a `ServiceError`; for anything else it only says that
 * something went wrong here.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export function problemOf(error: unknown, requestId: string, scrub: Scrub = (text) => text): Problem {
  const known = asServiceError(error)
  const status = errorStatus[known.code]
  // What callers did wrong is said in full; what went wrong here names no machine behind this service.
  const isOurs = status >= 500 && known.code !== 'misconfigured'
  const forCallers = (text: string) => scrub(isOurs ? withoutAddresses(text) : text)
  const detail = forCallers(known.message)
  const headers: Record<string, string> = {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    'X-Request-Id': requestId,
    ...known.headers,
  }
  const retryAfterMs = known.retryAfterMs ?? (status === 503 ? USUAL_RETRY_AFTER_MS : undefined)
  if (retryAfterMs !== undefined) headers['Retry-After'] = String(Math.max(1, Math.ceil(retryAfterMs / 1000)))
  if (status === 401) headers['WWW-Authenticate'] = 'Bearer'
  const { code } = known
  const errors = known.errors?.map(({ path, message }) => ({ path, message: scrub(message) }))
  const providers = known.providers?.map((failure) => ({
    ...failure,
    error: scrub(withoutAddresses(failure.error)),
  }))
  const type = `urn:voicepin:error:${code}`
  const body = { type, title: titles[status], status, detail, code, requestId, success: false, error: detail }
  return { status, headers, body: { ...body, errors, providers } }
}

export function problemResponse({ status, body, headers }: Problem): Response {
  return jsonResponse(body, { status, headers })
}

/** The caller's own request id where it is short and plain, else a new one. */
export function requestIdOf(given: string | null | undefined): string {
  return given && /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID()
}

function asServiceError(error: unknown): ServiceError {
  if (ServiceError.isInstance(error)) return error
  if (CatalogError.isInstance(error)) {
    const message = 'The catalog of clips is not available at the moment'
    return new ServiceError('storage_unavailable', message, { retryAfterMs: 10_000 })
  }
  const message = 'An internal error happened; the log of the service says more under this request id'
  return new ServiceError('internal_error', message)
}
