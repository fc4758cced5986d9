import { BytesResponse } from './bytes/bytes-response.ts'

/** An answer of JSON, as `Response.json()` makes it, with its length. */
export function jsonResponse(
  value: unknown,
  init: { status?: number; headers?: HeadersInit } = {},
): Response {
  const content = Buffer.from(JSON.stringify(value))
  const headers = new Headers(init.headers)
  if (!headers.has('Content-Type')) headers.set('Content-Type', 'application/json')
  return new BytesResponse(content, { status: init.status ?? 200, headers })
}
