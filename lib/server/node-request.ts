import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRequest } from '@remix-run/node-fetch-server'
import { readRequest } from './read-request.ts'

/** The URL of a request is made from its path alone: nothing that a caller writes into `Host` becomes a part of it. */
const origin = { protocol: 'http:', host: 'localhost' }

/**
 * The `Request` that a handler gets for a message of Node.js. Its signal says that the caller is gone before the answer
 * was sent.
 *
 * @throws TypeError where the method or the path makes no request
 */
export function requestOf(message: IncomingMessage, response: ServerResponse): Request {
  const { method = 'GET', url } = message
  if (method !== 'GET' && method !== 'HEAD') return createRequest(message, response, origin)
  const { href } = new URL(`${origin.protocol}//${origin.host}${url}`)
  return readRequest({ url: href, method, headers: message.headers, signalOf: () => hangUpOf(response) })
}

/** Aborted when the connection of `response` ends before the response does. */
function hangUpOf(response: ServerResponse): AbortSignal {
  const hangUp = new AbortController()
  const abort = () => response.writableFinished || hangUp.abort()
  if (response.destroyed) abort()
  else response.once('close', abort)
  return hangUp.signal
}
