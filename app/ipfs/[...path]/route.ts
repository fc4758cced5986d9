import { preflight } from '../../../lib/http/cors.ts'
import { defineRoute } from '../../../lib/http/route.ts'
import { getService } from '../../../lib/service.ts'

export const dynamic = 'force-dynamic'

// Where the front of server.ts owns the socket it answers GET and HEAD itself, with a true Content-Length.
export const { POST, PUT, PATCH, DELETE } = defineRoute({ GET, HEAD: GET })

export async function GET(request: Request): Promise<Response> {
  return getService().serveIpfs(request)
}

export const HEAD = GET

export function OPTIONS(request: Request): Response {
  const access = { ...getService().services.config.access, corsAllowedOrigins: ['*'] }
  return preflight(access, request, 'GET, HEAD, OPTIONS')
}
