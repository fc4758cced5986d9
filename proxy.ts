import { type NextRequest, NextResponse } from 'next/server'
import { clipToShow } from '#lib/clips/clip-to-show.ts'
import { ConfigError, describeConfigError } from '#lib/config/config-error.ts'
import { readConfig } from '#lib/config/index.ts'
import { acceptsPages } from '#lib/http/accept.ts'
import { contentSecurityPolicy, gatewayOrigins, isHttps, pageHeaders } from '#lib/http/page-security.ts'
import { problemOf, problemResponse, requestIdOf } from '#lib/http/problem.ts'
import { routeOf } from '#lib/http/route-patterns.ts'
import { getService, isRegistered } from '#lib/http/service.ts'
import { ServiceError } from '#lib/model/errors.ts'

/** Pages only. The routes for programs, built files, documents and the files of `public/` do not get the headers of pages. */
export const config = {
  matcher: [
    // The optimizer of pictures, which nothing here uses.
    '/_next/image',
    '/((?!api/|audio/speech$|v1/|v2/|ipfs/|docs/[^/]+\\.md$|_next/|(?:mcp|openapi\\.json|\\.well-known/security\\.txt|llms\\.txt|llms-full\\.txt|apple-touch-icon\\.png|favicon\\.ico|manifest\\.webmanifest|robots\\.txt|social-preview\\.png)$).*)',
  ],
}

let origins: string[] | undefined

/** Sets the security headers of each page, with a nonce for its own scripts and styles. */
export async function proxy(request: NextRequest): Promise<Response> {
  if (request.nextUrl.pathname === '/_next/image') return new NextResponse('Not found\n', { status: 404 })
  const isPage = routeOf(request.nextUrl.pathname) !== undefined
  if (!isPage && !acceptsPages(request.headers.get('Accept'))) return refuse(request, nothingAt(request))
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(request, methodError(request))
  try {
    origins ??= gatewayOrigins(readConfig(process.env))
  } catch (error) {
    if (!ConfigError.isInstance(error)) throw error
    return new NextResponse(`${describeConfigError(error)}\n`, { status: 500 })
  }
  const nonce = crypto.randomUUID().replaceAll('-', '')
  const isDevelopment = process.env.NODE_ENV === 'development'
  const { pathname } = request.nextUrl
  const [, kind, name] = /^\/(c|embed)\/([^/]+)\/?$/.exec(pathname) ?? []
  const allowsFraming = kind === 'embed'
  const policy = contentSecurityPolicy({ nonce, origins, allowsFraming, isDevelopment })
  const headers = new Headers(request.headers)
  headers.set('X-Nonce', nonce)
  headers.set('Content-Security-Policy', policy)
  const response = NextResponse.next({
    request: { headers },
    status: name === undefined ? 200 : await statusOfClipPage(name),
  })
  const more = pageHeaders({ isHttps: isHttps(request), allowsFraming })
  for (const [name, value] of Object.entries(more)) response.headers.set(name, value)
  response.headers.set('Content-Security-Policy', policy)
  return response
}

/** A page itself can only answer 200 or 404. Where the service runs in another process than this, it is 200. */
async function statusOfClipPage(name: string): Promise<number> {
  if (!isRegistered()) return 200
  try {
    await clipToShow(getService().services, name)
    return 200
  } catch (error) {
    return problemOf(error, '').status
  }
}

/** Where the front stands before Next.js, it has done so. */
function refuse({ headers }: NextRequest, refusal: ServiceError): Response {
  return problemResponse(problemOf(refusal, requestIdOf(headers.get('X-Request-Id'))))
}

function methodError({ method }: NextRequest): ServiceError {
  const message = `${method} is not allowed here; allowed are GET and HEAD`
  return new ServiceError('method_not_allowed', message, { headers: { Allow: 'GET, HEAD' } })
}

const nothingAt = ({ nextUrl }: NextRequest) =>
  new ServiceError('not_found', `There is nothing at ${nextUrl.pathname}`)
