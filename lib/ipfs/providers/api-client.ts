import { FormDataEncoder } from 'form-data-encoder'
import type { z } from 'zod'
import { ProviderError } from '#lib/model/errors.ts'
import { readErrorText, readText } from '#lib/platform/read-text.ts'
import { createScrubber } from '#lib/platform/redact.ts'
import { createExcerpt, type Excerpt } from '#lib/platform/response-excerpt.ts'
import {
  type FailureContext,
  type Hint,
  networkFailure,
  statusFailure,
  unreadableAnswer,
} from './api-errors.ts'

const MAX_ANSWER_BYTES = 1024 * 1024
/** Up to this size a body is read first and sent in one piece, which costs less than a stream of pieces. */
const SMALL_BODY_BYTES = 512 * 1024

/** One call of a vendor's API. */
export interface ApiRequest<T> {
  method: 'GET' | 'POST' | 'DELETE'
  /** Appended to the client's base URL. */
  path: string
  headers?: Record<string, string>
  body?: Blob | FormData
  /** The schema of the answer's JSON. */
  answer: z.ZodType<T>
  signal: AbortSignal
}

type AnyRequest = Omit<ApiRequest<unknown>, 'answer'>

/**
 * Makes requests, one attempt each. Every failure is a `ProviderError` whose message contains no credential; an abort
 * rejects with the signal's own reason.
 */
export interface ApiClient {
  /** The answer as one JSON value. */
  json<T>(request: ApiRequest<T>): Promise<T>
  /** Nothing of the answer but that it was a success. */
  done(request: AnyRequest): Promise<void>
  /** The answer as JSON values: one per line, or a single one over several lines. Never empty. */
  jsonLines<T>(request: ApiRequest<T>): Promise<T[]>
  /** A short excerpt of a vendor's text for an error message, without any part of a credential. */
  excerpt: Excerpt
}

interface ApiClientOptions {
  baseUrl: string
  /** Sent with every request; their values are kept out of errors. */
  credentials: Record<string, string>
  /** More values to keep out of errors, such as the parts of a `Basic` header. */
  secrets?: string[]
  /** The first that fits is used. */
  hints?: readonly Hint[]
  /** Milliseconds since the epoch. */
  now: () => number
}

/** Makes a client for the API at `baseUrl`. A user name and password in the URL are sent as `Authorization: Basic`. */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const { baseUrl, ...userInfo } = splitUserInfo(options.baseUrl)
  const credentials = { ...userInfo.credentials, ...options.credentials }
  const secrets = [...Object.values(credentials), ...userInfo.secrets, ...(options.secrets ?? [])]
  const scrub = createScrubber(secrets)
  const excerpt = createExcerpt(secrets)
  const contextOf = (request: AnyRequest): FailureContext => ({
    isUpload: request.body !== undefined,
    scrub,
    excerpt,
    hints: options.hints ?? [],
    now: options.now(),
  })

  async function send(request: AnyRequest): Promise<string> {
    const { method, path, signal } = request
    const { body: blob, contentType } = encodeBody(request.body)
    const headers = headersOf({ ...contentType, ...request.headers }, credentials)
    signal.throwIfAborted()
    try {
      const body = blob && blob.size <= SMALL_BODY_BYTES ? await blob.arrayBuffer() : blob
      // A redirect would send credentials and clip to a host that nobody configured. And with any other `redirect`,
      // `fetch` keeps a second copy of the body, so that uploads would fill the memory.
      const init = { method, headers, signal, redirect: 'error', cache: 'no-store' } as const
      const response = await fetch(`${baseUrl}${path}`, body ? { ...init, body } : init)
      return await readAnswer(response, contextOf(request))
    } catch (error) {
      signal.throwIfAborted()
      throw ProviderError.isInstance(error) ? error : networkFailure(error, contextOf(request))
    }
  }

  return {
    excerpt,
    async done(request) {
      await send(request)
    },
    async json(request) {
      const text = await send(request)
      return parse(text, request, contextOf(request))
    },
    async jsonLines(request) {
      const text = await send(request)
      const context = contextOf(request)
      const lines = parseJson(text) ? [text] : text.split('\n').filter((line) => line.trim() !== '')
      if (lines.length === 0) throw unreadableAnswer('Answered with an empty body', context)
      return lines.map((line) => parse(line, request, context))
    },
  }
}

/** The header of HTTP Basic authentication (RFC 7617). */
export function basicAuth(user: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}

function headersOf(plain: Record<string, string>, credentials: Record<string, string>): Headers {
  const headers = new Headers(plain)
  try {
    for (const [name, value] of Object.entries(credentials)) headers.set(name, value)
  } catch {
    // The error that was caught repeats the value, so it must not become the cause.
    throw new ProviderError('The configured credentials contain characters that no HTTP header can carry', {
      isRetryable: false,
    })
  }
  return headers
}

/**
 * Encodes a form as one blob. With a `FormData` whose file cannot be read any more, `fetch` hangs and an unhandled
 * rejection ends the process; with a blob the request fails. The length is known in both cases.
 */
function encodeBody(body: Blob | FormData | undefined): {
  body?: Blob
  contentType?: Record<string, string>
} {
  if (!(body instanceof FormData)) return body ? { body, contentType: { 'content-type': body.type } } : {}
  const encoder = new FormDataEncoder(body)
  return {
    body: new Blob([...encoder.values()] as BlobPart[]),
    contentType: { 'content-type': encoder.contentType },
  }
}

async function readAnswer(response: Response, context: FailureContext): Promise<string> {
  if (response.ok) {
    const { text, isWhole } = await readText(response, { maxBytes: MAX_ANSWER_BYTES })
    if (isWhole) return text
    throw unreadableAnswer(`Answered with more than ${MAX_ANSWER_BYTES} bytes`, context)
  }
  const { text } = await readErrorText(response)
  throw statusFailure(response, text, context)
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

function parse<T>(text: string, request: ApiRequest<T>, context: FailureContext): T {
  if (text.trim() === '') throw unreadableAnswer('Answered with an empty body', context)
  const json = parseJson(text)
  if (!json) throw unreadableAnswer(`Answered with invalid JSON: ${context.excerpt(text)}`, context)
  const result = request.answer.safeParse(json.value)
  if (result.success) return result.data
  throw unreadableAnswer(`Answered with unexpected JSON: ${context.excerpt(text)}`, context)
}

/** Node's `fetch` refuses a URL with a user name or password, and shows them in its error. */
function splitUserInfo(text: string) {
  const url = new URL(text)
  const [user, password] = [url.username, url.password].map(decodeURIComponent) as [string, string]
  url.username = ''
  url.password = ''
  const baseUrl = url.href.replace(/\/+$/, '')
  return user || password
    ? { baseUrl, credentials: basicAuth(user, password), secrets: [password] }
    : { baseUrl, credentials: {}, secrets: [] }
}
