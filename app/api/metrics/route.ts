import { requireOperatorKey } from '#lib/http/auth.ts'
import { BytesResponse } from '#lib/http/bytes/bytes-response.ts'
import { renderMetrics } from '#lib/http/metrics.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(request, { services }) {
    const { metricsToken, adminApiKey } = services.config.access
    await requireOperatorKey(request, services, [metricsToken, adminApiKey])
    const { contentType, text } = await renderMetrics(services)
    const headers = { 'Content-Type': contentType, 'Cache-Control': 'no-store' }
    return new BytesResponse(Buffer.from(text), { headers })
  },
})
