import { ConfigError, describeConfigError } from '#lib/config/config-error.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { BytesResponse } from './bytes/bytes-response.ts'
import { preflight } from './cors.ts'
import { type Problem, problemOf, problemResponse, requestIdOf } from './problem.ts'
import { type Handler, respond } from './respond.ts'
import { getService, type Service } from './service.ts'

type RouteHandler = (request: Request) => Promise<Response>

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
type Method = (typeof methods)[number]

interface RouteOptions {
  /** Writes errors in another shape than a problem document. */
  render?: (problem: Problem) => Response
  /** The CORS headers of a preflight where they do not follow `CORS_ALLOWED_ORIGINS`. */
  cors?: Record<string, string>
}

/**
 * Makes the exports of a route file: the given handlers, `GET` for `HEAD` where there is no other, the answer to
 * preflights, and a 405 that names what is allowed for everything else.
 *
 * A request passes `withService` (is there a running service?) and `respond` (request id, log, errors, CORS) on its way
 * to its handler.
 */
export function defineRoute(handlers: Partial<Record<Method, Handler>>, { render, cors }: RouteOptions = {}) {
  const withHead: typeof handlers = { ...(handlers.GET && { HEAD: handlers.GET }), ...handlers }
  const allowed = [...methods.filter((method) => withHead[method]), 'OPTIONS'].join(', ')
  const refuse: Handler = async (request) => {
    const message = `${request.method} is not allowed here; allowed are ${allowed}`
    throw new ServiceError('method_not_allowed', message, { headers: { Allow: allowed } })
  }
  const routeHandler =
    (handler: Handler = refuse): RouteHandler =>
    async (request) =>
      abandonedWithCaller(
        request,
        await withService(request, ({ services }) => respond(services, request, handler, render)),
      )
  const OPTIONS: RouteHandler = (request) =>
    withService(request, ({ services }) => preflight(services.config.access, request, allowed, cors))
  const wrapped = Object.fromEntries(methods.map((method) => [method, routeHandler(withHead[method])]))
  return { ...(wrapped as Record<Method, RouteHandler>), OPTIONS }
}

/** Next.js does not cancel the body of an answer whose caller went before it was begun, nor the one of a `HEAD`. */
function abandonedWithCaller(request: Request, response: Response): Response {
  if (!hasMoreToRead(response)) return response
  const cancel = () => void letGo(response).catch(() => {})
  if (request.method === 'HEAD' || request.signal.aborted) cancel()
  else request.signal.addEventListener('abort', cancel, { once: true })
  return response
}

const hasMoreToRead = (response: Response) =>
  response instanceof BytesResponse ? !Buffer.isBuffer(response.content) : response.body !== null

async function letGo(response: Response): Promise<void> {
  if (response instanceof BytesResponse) await response.cancel()
  else if (response.body && !response.body.locked) await response.body.cancel()
}

const refuseUnknownPath: Handler = async (request) => {
  throw new ServiceError('not_found', `There is nothing at ${new URL(request.url).pathname}`)
}

/** The handlers of a path at which there is nothing: a 404 whatever the method. */
export const notFoundHandlers: Partial<Record<Method, Handler>> = Object.fromEntries(
  methods.map((method) => [method, refuseUnknownPath]),
)

/**
 * Answers a request by the service of this process. Where the configuration kept that from starting, every answer says
 * so: on a serverless platform there is no other place for it.
 */
async function withService(
  request: Request,
  answer: (service: Service) => Response | Promise<Response>,
): Promise<Response> {
  let service: Service
  try {
    service = getService()
  } catch (cause) {
    if (!ConfigError.isInstance(cause)) throw cause
    const refusal = new ServiceError('misconfigured', describeConfigError(cause), { cause })
    return problemResponse(problemOf(refusal, requestIdOf(request.headers.get('X-Request-Id'))))
  }
  return answer(service)
}
