import { ServiceError } from '#lib/model/errors.ts'
import { preflight } from './cors.ts'
import type { Problem } from './problem.ts'
import { type RequestContext, respond } from './respond.ts'
import { withService } from './with-service.ts'

type Handler = (request: Request, context: RequestContext) => Promise<Response>
type RouteHandler = (request: Request) => Promise<Response>

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
type Method = (typeof methods)[number]

/**
 * Makes the exports of a route file: the given handlers wrapped by `respond`, the answer to preflights, and a 405 that
 * names what is allowed for everything else. `render` writes errors down in another shape than a problem document.
 */
export function defineRoute(
  handlers: Partial<Record<Method, Handler>>,
  { render }: { render?: (problem: Problem) => Response } = {},
) {
  const withHead: typeof handlers = { HEAD: handlers.GET, ...handlers }
  const allowed = [...methods.filter((method) => withHead[method]), 'OPTIONS'].join(', ')
  const refuse: Handler = async (request) => {
    const message = `${request.method} is not allowed here; allowed are ${allowed}`
    throw new ServiceError('method_not_allowed', message, { headers: { Allow: allowed } })
  }
  const routeHandler =
    (handler: Handler = refuse): RouteHandler =>
    (request) =>
      withService(request, ({ services }) =>
        respond(services, request, (context) => handler(request, context), render),
      )
  const OPTIONS: RouteHandler = (request) =>
    withService(request, ({ services }) => preflight(services.config.access, request, allowed))
  const wrapped = Object.fromEntries(methods.map((method) => [method, routeHandler(withHead[method])]))
  return { ...(wrapped as Record<Method, RouteHandler>), OPTIONS }
}
