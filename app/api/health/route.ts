import { jsonResponse } from '#lib/http/json-response.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  GET: async () => jsonResponse({ status: 'alive' }, { headers: { 'Cache-Control': 'no-store' } }),
})
