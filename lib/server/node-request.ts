import type { IncomingMessage, ServerResponse } from 'node:http'
import { createHeaders, createRequest } from '@remix-run/node-fetch-server'

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
  const request = new Request(`${origin.protocol}//${origin.host}${url}`, {
    method,
    headers: createHeaders(message),
  })
  // Given to the constructor, a signal is followed, which takes several times as long as all the rest.
  let signal: AbortSignal | undefined
  return Object.defineProperty(request, 'signal', {
    get() {
      signal ??= hangUpOf(response)
      return signal
    },
  })
}

/** Aborted when the connection of `response` ends before the response does. */
function hangUpOf(response: ServerResponse): AbortSignal {
  const hangUp = new AbortController()
  const abort = () => response.writableFinished || hangUp.abort()
  if (response.destroyed) abort()
  else response.once('close', abort)
  return hangUp.signal
}
