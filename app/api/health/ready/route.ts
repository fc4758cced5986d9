import { jsonResponse } from '#lib/http/json-response.ts'
import { defineRoute } from '#lib/http/route.ts'
import { getService } from '#lib/http/service.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET() {
    await getService().checkReady()
    return jsonResponse({ status: 'ready' }, { headers: { 'Cache-Control': 'no-store' } })
  },
})
