import { isServiceError } from '../errors.ts'
import type { Services } from '../services.ts'
import type { Log } from '../telemetry/log.ts'
import { addCorsHeaders } from './cors.ts'
import { problem, problemResponse, requestIdOf } from './problem.ts'

/** What every handler gets beside its request. */
export interface RequestContext {
  services: Services
  requestId: string
  log: Log
}

/**
 * Runs `handler` and turns whatever it throws into a problem document: the one place where errors become answers.
 * Adds the request id and the headers for other origins.
 */
export async function respond(
  services: Services,
  request: Request,
  handler: (context: RequestContext) => Promise<Response>,
): Promise<Response> {
  const requestId = requestIdOf(request.headers.get('X-Request-Id'))
  const log = services.log.child({ requestId })
  let response: Response
  try {
    response = await handler({ services, requestId, log })
  } catch (error) {
    const { status, body, headers } = problem(error, requestId, services.scrub)
    if (status >= 500) log.error({ err: error, code: body.code }, 'A request failed')
    else if (!isServiceError(error)) log.warn({ err: error }, 'A request was refused')
    response = problemResponse({ status, body, headers })
  }
  response.headers.set('X-Request-Id', requestId)
  addCorsHeaders(services.config.access, request, response.headers)
  return response
}
