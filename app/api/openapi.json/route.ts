import { describeInterface } from '#lib/http/openapi/document.ts'
import { publicBaseUrl } from '#lib/http/origin.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(request, { services }) {
    return Response.json(describeInterface(services, publicBaseUrl(services.config, request)), {
      headers: { 'Cache-Control': 'public, max-age=60' },
    })
  },
})
