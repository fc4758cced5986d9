import type { Services } from '#lib/context.ts'
import type { Log } from '#lib/telemetry/log.ts'
import { readTraceParent, type TraceParent } from '#lib/telemetry/trace-parent.ts'
import { addCorsHeaders } from './cors.ts'
import { type Problem, problemOf, problemResponse, requestIdOf } from './problem.ts'
import { routeOf } from './route-patterns.ts'

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
  /** The span of the caller that this request belongs to. */
  traceParent: TraceParent | undefined
  /** The clip that was asked for, once there is one. */
  clipId: string | undefined
}

/** What the handler of `request` gets. */
export function newContext(services: Services, request: Request): RequestContext {
  const requestId = requestIdOf(request.headers.get('X-Request-Id'))
  return {
    services,
    requestId,
    log: services.log.child({ requestId }),
    headers: new Headers(),
    traceParent: readTraceParent(request.headers.get('traceparent')),
    clipId: undefined,
  }
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
  const startedAt = services.clock.now()
  const context = newContext(services, request)
  // Whoever has hung up already gets no work done.
  if (request.signal.aborted) return new Response(null, { status: CLIENT_CLOSED_REQUEST })
  let response: Response
  try {
    response = await handler(request, context)
  } catch (error) {
    response = render(reportProblem(context, error))
  }
  for (const [name, value] of context.headers) response.headers.set(name, value)
  response.headers.set('X-Request-Id', context.requestId)
  addCorsHeaders(services.config.access, request, response.headers)
  traceRequest(request, context, { startedAt, status: response.status })
  return response
}

/** Puts the request into the trace of its caller, who has said by `traceparent` that there is one. */
function traceRequest(
  { method, url }: Request,
  { services, requestId, traceParent: parent, clipId }: RequestContext,
  { startedAt, status }: { startedAt: number; status: number },
): void {
  if (!parent) return
  const route = routeOf(new URL(url).pathname) ?? 'other'
  services.tracing?.requestSpan({
    parent,
    clipId,
    name: `${method} ${route}`,
    startedAt,
    endedAt: services.clock.now(),
    attributes: {
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
      'voicepin.request_id': requestId,
    },
    error: status >= 500 ? `Answered ${status}` : undefined,
  })
}

/** The problem document for `error`, which is logged here: at `info` where the caller caused it. */
export function reportProblem(
  { services, requestId, log }: Pick<RequestContext, 'services' | 'requestId' | 'log'>,
  error: unknown,
): Problem {
  const problem = problemOf(error, requestId, services.scrub)
  const { status, body } = problem
  if (status >= 500) log.error({ err: error, code: body.code }, 'A request failed')
  else log.info({ status, code: body.code, detail: body.detail }, 'A request was refused')
  return problem
}
