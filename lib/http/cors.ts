import type { Config } from '#lib/config/index.ts'

const EXPOSE = 'Access-Control-Expose-Headers'
const EXPOSED_HEADERS =
  'X-Request-Id, X-Clip-Id, X-Spoken-By, request-id, character-cost, Retry-After, RateLimit, RateLimit-Policy, Link, Location, WWW-Authenticate'

/** The CORS headers of a route that pages of any origin may call, whatever `CORS_ALLOWED_ORIGINS` says. */
export const anyOrigin = { 'Access-Control-Allow-Origin': '*' }

type CorsConfig = Pick<Config['access'], 'corsAllowedOrigins'>

/** Lets pages of the origins in `CORS_ALLOWED_ORIGINS` read an answer, unless the answer has set its own origin. */
export function addCorsHeaders({ corsAllowedOrigins }: CorsConfig, request: Request, headers: Headers): void {
  if (headers.has('Access-Control-Allow-Origin')) {
    if (!headers.has(EXPOSE)) headers.set(EXPOSE, EXPOSED_HEADERS)
    return
  }
  if (corsAllowedOrigins.includes('*')) headers.set('Access-Control-Allow-Origin', '*')
  else {
    headers.append('Vary', 'Origin')
    const origin = request.headers.get('Origin')
    if (!origin || !corsAllowedOrigins.includes(origin)) return
    headers.set('Access-Control-Allow-Origin', origin)
  }
  headers.set(EXPOSE, EXPOSED_HEADERS)
}

/**
 * The answer to a preflight request. `own` are the CORS headers of a route that follows rules of its own.
 *
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function preflight(
  access: CorsConfig,
  request: Request,
  methods: string,
  own: Record<string, string> = {},
): Response {
  const headers = new Headers({
    Allow: methods,
    'Access-Control-Allow-Methods': methods,
    'Access-Control-Allow-Headers': 'Authorization, Content-Type',
    'Access-Control-Max-Age': '86400',
    ...own,
  })
  const asked = request.headers.get('Access-Control-Request-Headers')
  if (asked) headers.set('Access-Control-Allow-Headers', asked)
  addCorsHeaders(access, request, headers)
  return new Response(null, { status: 204, headers })
}
