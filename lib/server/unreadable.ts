import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { problemOf, requestIdOf } from '#lib/http/problem.ts'
import { type ErrorCode, ServiceError } from '#lib/model/errors.ts'

/** The errors of Node's parser that are more than a bad request. */
const codes: Record<string, ErrorCode> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'body_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

const messages: Partial<Record<ErrorCode, string>> = {
  headers_too_large: 'The headers of the request are too large',
  body_too_large: 'The body of the request is too large',
  request_timeout: 'The request did not arrive in time',
}

/** Answers a request that Node's HTTP parser could not read with a problem document, and closes the connection. */
export function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const code = codes[error.code ?? ''] ?? 'invalid_http'
  refuseOnSocket(new ServiceError(code, messages[code] ?? 'The request is not valid HTTP'), socket)
}

/** Answers by `refusal` where there is no response of Node.js to write to, and closes the connection. Returns the status. */
export function refuseOnSocket(refusal: unknown, socket: Duplex): number {
  const { status, body, headers } = problemOf(refusal, requestIdOf(undefined))
  const content = JSON.stringify(body)
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(content)}`,
    'Connection: close',
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${content}`)
  return status
}
