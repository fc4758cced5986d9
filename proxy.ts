import { type NextRequest, NextResponse } from 'next/server'
import { ConfigError, describeConfigError } from '#lib/config/config-error.ts'
import { readConfig } from '#lib/config/index.ts'
import { contentSecurityPolicy, gatewayOrigins, isHttps, pageHeaders } from '#lib/http/page-security.ts'

/** Pages only: the routes of programs, the built files and the files of `public/` carry no headers of a page. */
export const config = {
  matcher: [
    '/((?!api/|v1/|ipfs/|_next/|(?:apple-touch-icon\\.png|favicon\\.ico|robots\\.txt|social-preview\\.png)$).*)',
  ],
}

let origins: string[] | undefined

/** Gives each page its security headers, with a nonce that its own scripts and styles carry. */
export function proxy(request: NextRequest): NextResponse {
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
