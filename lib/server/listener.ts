import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { problemOf, problemResponse, requestIdOf } from '#lib/http/problem.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { describeError } from '#lib/platform/errors.ts'
import { requestOf } from './node-request.ts'
import { sendResponse } from './send-response.ts'

type Serve = (request: Request) => Promise<Response>

/** Answers requests of Node.js by `serve`, and what makes no `Request` or no answer with a problem document. */
export function listenerOf(serve: Serve): RequestListener {
  return (message, response) => {
    let request: Request
    try {
      request = requestOf(message, response)
    } catch {
      refuse(new ServiceError('invalid_http', 'The method or the path of the request is not valid'), response)
      return
    }
    void answer(() => serve(request), response).then(() => readToEnd(message, request))
  }
}

/** What is left of a body that nobody wants, so that the next request on its connection is heard. */
async function readToEnd(message: IncomingMessage, request: Request) {
  if (message.complete) return
  const { body } = request
  // It fails where the caller is gone.
  if (body && !body.locked) await body.cancel().catch(() => {})
  message.resume()
}

/** Answers with the problem document for `error`, and closes the connection: what follows may be no request either. */
export function refuse(error: unknown, response: ServerResponse): void {
  response.setHeader('Connection', 'close')
  void answer(async () => problemFor(error, response.req), response)
}

/** A body that fails before its first byte is asked for once more: its file may have been deleted a moment before. */
async function answer(make: () => Promise<Response>, response: ServerResponse) {
  const attempt = async () => response.destroyed || sendResponse(await make(), response)
  try {
    await attempt().catch((error) => {
      if (response.headersSent) throw error
      return attempt()
    })
  } catch (error) {
    if (response.destroyed) return
    console.error(describeError(error))
    if (response.headersSent) response.destroy()
    else await sendResponse(problemFor(unavailable(error), response.req), response)
  }
}

function problemFor(error: unknown, { headers }: IncomingMessage): Response {
  return problemResponse(problemOf(error, requestIdOf(headers['x-request-id']?.toString())))
}

function unavailable(cause: unknown) {
  const message = 'The bytes of this answer are not available at the moment'
  return new ServiceError('storage_unavailable', message, { cause })
}
