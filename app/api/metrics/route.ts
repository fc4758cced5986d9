import { requireOperatorKey } from '#lib/http/auth.ts'
import { renderMetrics } from '#lib/http/metrics.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(request, { services }) {
    const { metricsToken, adminApiKey } = services.config.access
    await requireOperatorKey(request, services, [metricsToken, adminApiKey])
    const { contentType, text } = await renderMetrics(services)
    return new Response(text, { headers: { 'Content-Type': contentType, 'Cache-Control': 'no-store' } })
  },
})
