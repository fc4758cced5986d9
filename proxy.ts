import { type NextRequest, NextResponse } from 'next/server'
import { ConfigError, describeConfigError } from '#lib/config/config-error.ts'
import { readConfig } from '#lib/config/index.ts'
import { contentSecurityPolicy, gatewayOrigins, isHttps, pageHeaders } from '#lib/http/page-security.ts'
import { problemOf, problemResponse, requestIdOf } from '#lib/http/problem.ts'
import { ServiceError } from '#lib/model/errors.ts'

/** Pages only. The routes for programs, built files, documents and the files of `public/` do not get the headers of pages. */
export const config = {
  matcher: [
    // The optimizer of pictures, which nothing here uses.
    '/_next/image',
    '/((?!api/|audio/speech$|v1/|v2/|ipfs/|docs/|_next/|(?:mcp|llms\\.txt|llms-full\\.txt|apple-touch-icon\\.png|favicon\\.ico|robots\\.txt|social-preview\\.png)$).*)',
  ],
}

let origins: string[] | undefined

/** Sets the security headers of each page, with a nonce for its own scripts and styles. */
export function proxy(request: NextRequest): Response {
  if (request.nextUrl.pathname === '/_next/image') return new NextResponse('Not found\n', { status: 404 })
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuseMethod(request)
  try {
    origins ??= gatewayOrigins(readConfig(process.env))
  } catch (error) {
    if (!ConfigError.isInstance(error)) throw error
    return new NextResponse(`${describeConfigError(error)}\n`, { status: 500 })
  }
  const nonce = crypto.randomUUID().replaceAll('-', '')
  const isDevelopment = process.env.NODE_ENV === 'development'
  const allowsInlineStyles = request.nextUrl.pathname === '/docs'
  const policy = contentSecurityPolicy({ nonce, origins, allowsInlineStyles, isDevelopment })
  const headers = new Headers(request.headers)
  headers.set('X-Nonce', nonce)
  headers.set('Content-Security-Policy', policy)
  const response = NextResponse.next({ request: { headers } })
  for (const [name, value] of Object.entries(pageHeaders(isHttps(request)))) response.headers.set(name, value)
  response.headers.set('Content-Security-Policy', policy)
  return response
}

/** Where the front stands before Next.js, it has done so. */
function refuseMethod({ method, headers }: NextRequest): Response {
  const message = `${method} is not allowed here; allowed are GET and HEAD`
  const refusal = new ServiceError('method_not_allowed', message, { headers: { Allow: 'GET, HEAD' } })
  return problemResponse(problemOf(refusal, requestIdOf(headers.get('X-Request-Id'))))
}
