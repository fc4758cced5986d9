import type { Services } from '#lib/context.ts'
import { ServiceError } from '#lib/model/errors.ts'
import type { Log } from '#lib/telemetry/log.ts'
import { addCorsHeaders } from './cors.ts'
import { type Problem, problem, problemResponse, requestIdOf } from './problem.ts'

/** What every handler gets beside its request. */
export interface RequestContext {
  services: Services
  requestId: string
  log: Log
  /** What the answer is to carry besides, whichever it will be. */
  headers: Headers
}

/**
 * Runs `handler` and turns whatever it throws into a problem document: the one place where errors become answers.
 * Adds the request id and the headers for other origins. `render` says it in the words of another API.
 */
export async function respond(
  services: Services,
  request: Request,
  handler: (context: RequestContext) => Promise<Response>,
  render: (problem: Problem) => Response = problemResponse,
): Promise<Response> {
  const requestId = requestIdOf(request.headers.get('X-Request-Id'))
  const log = services.log.child({ requestId })
  const context = { services, requestId, log, headers: new Headers() }
  let response: Response
  try {
    response = await handler(context)
  } catch (error) {
    response = render(problemOf(context, error))
  }
  for (const [name, value] of context.headers) response.headers.set(name, value)
  response.headers.set('X-Request-Id', requestId)
  addCorsHeaders(services.config.access, request, response.headers)
  return response
}

/** What the caller is told of `error`, which is logged here unless it is the caller's own. */
export function problemOf(
  { services, requestId, log }: Omit<RequestContext, 'headers'>,
  error: unknown,
): Problem {
  const told = problem(error, requestId, services.scrub)
  if (told.status >= 500) log.error({ err: error, code: told.body.code }, 'A request failed')
  else if (!ServiceError.isInstance(error)) log.warn({ err: error }, 'A request was refused')
  return told
}
