import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  GET: async () => Response.json({ status: 'alive' }, { headers: { 'Cache-Control': 'no-store' } }),
})
