import type { Services } from '#lib/context.ts'
import type { Log } from '#lib/telemetry/log.ts'
import { addCorsHeaders } from './cors.ts'
import { type Problem, problemOf, problemResponse, requestIdOf } from './problem.ts'

/** Nobody receives it; the number is the one that nginx logs. */
const CLIENT_CLOSED_REQUEST = 499

/** Authenticates, parses, calls one verb and answers; throws a `ServiceError` for every refusal. */
export type Handler = (request: Request, context: RequestContext) => Promise<Response>

/** What every handler gets beside its request. */
export interface RequestContext {
  services: Services
  requestId: string
  log: Log
  /** Headers that the answer carries in any case, also where the handler throws. */
  headers: Headers
}

/**
 * Runs `handler` and turns whatever it throws into a problem document: the one place where errors become answers.
 * Adds the request id and the CORS headers. `render` writes errors in the shape of another API.
 */
export async function respond(
  services: Services,
  request: Request,
  handler: Handler,
  render: (problem: Problem) => Response = problemResponse,
): Promise<Response> {
  const requestId = requestIdOf(request.headers.get('X-Request-Id'))
  const log = services.log.child({ requestId })
  const context = { services, requestId, log, headers: new Headers() }
  // Whoever has hung up already gets no work done.
  if (request.signal.aborted) return new Response(null, { status: CLIENT_CLOSED_REQUEST })
  let response: Response
  try {
    response = await handler(request, context)
  } catch (error) {
    response = render(reportProblem(context, error))
  }
  for (const [name, value] of context.headers) response.headers.set(name, value)
  response.headers.set('X-Request-Id', requestId)
  addCorsHeaders(services.config.access, request, response.headers)
  return response
}

/** The problem document for `error`, which is logged here unless the caller caused it. */
export function reportProblem(
  { services, requestId, log }: Omit<RequestContext, 'headers'>,
  error: unknown,
): Problem {
  const problem = problemOf(error, requestId, services.scrub)
  if (problem.status >= 500) log.error({ err: error, code: problem.body.code }, 'A request failed')
  return problem
}
