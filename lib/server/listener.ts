import type { RequestListener, ServerResponse } from 'node:http'
import { createRequest } from '@remix-run/node-fetch-server'
import { problemOf, problemResponse, requestIdOf } from '#lib/http/problem.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { describeError } from '#lib/platform/errors.ts'
import { sendResponse } from './send-response.ts'

type Serve = (request: Request) => Promise<Response>

/** Answers requests of Node.js by `serve`, and what makes no `Request` or no answer with a problem document. */
export function listenerOf(serve: Serve): RequestListener {
  return (message, response) => {
    let request: Request
    try {
      request = createRequest(message, response)
    } catch {
      const refusal = new ServiceError('invalid_http', 'The Host header of the request is not a valid host')
      void answer(async () => refused(refusal), response)
      return
    }
    void answer(() => serve(request), response)
  }
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
    else await sendResponse(refused(unavailable(error)), response)
  }
}

const refused = (error: ServiceError) => problemResponse(problemOf(error, requestIdOf(undefined)))

function unavailable(cause: unknown) {
  const message = 'The bytes of this answer are not available at the moment'
  return new ServiceError('storage_unavailable', message, { cause })
}
