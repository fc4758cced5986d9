import { after } from 'next/server'
import { preflight } from '#lib/http/cors.ts'
import { defineRoute } from '#lib/http/route.ts'
import { withService } from '#lib/http/with-service.ts'

export const dynamic = 'force-dynamic'

// Where the front of server.ts owns the socket it answers GET and HEAD itself, with a true Content-Length.
export const { POST, PUT, PATCH, DELETE } = defineRoute({ GET, HEAD: GET })

export function GET(request: Request): Promise<Response> {
  return withService(request, async (service) => {
    const response = await service.serveTempAudio(request)
    if (response.ok && request.method === 'GET') after(() => service.afterTempAudio())
    return response
  })
}

export const HEAD = GET

export function OPTIONS(request: Request): Promise<Response> {
  return withService(request, ({ services }) => {
    const access = { ...services.config.access, corsAllowedOrigins: ['*'] }
    return preflight(access, request, 'GET, HEAD, OPTIONS')
  })
}
