import { jsonResponse } from '#lib/http/json-response.ts'
import { describeInterface } from '#lib/http/openapi/document.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(_request, { services }) {
    return jsonResponse(describeInterface(services), {
      headers: { 'Cache-Control': 'public, max-age=60' },
    })
  },
})
