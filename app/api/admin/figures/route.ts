import { z } from 'zod'
import type { Services } from '#lib/context.ts'
import { type Range, readStats } from '#lib/dashboard/read-stats.ts'
import { watchStats } from '#lib/dashboard/watch-stats.ts'
import { prefers } from '#lib/http/accept.ts'
import { requireOperator } from '#lib/http/admin-session.ts'
import { parseWith } from '#lib/http/body.ts'
import { defineRoute } from '#lib/http/route.ts'
import { eventStream } from '#lib/http/sse.ts'

export const dynamic = 'force-dynamic'
// Then the stream ends, and an EventSource reconnects by itself.
export const maxDuration = 300

const rangeSchema = z.enum(['1h', '24h', '7d', '30d'])

/** The stats of the dashboard: once, or with `Accept: text/event-stream` again after each change. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(request, { services }) {
    await requireOperator(request, services.config.access)
    const asked = new URL(request.url).searchParams.get('range') ?? '24h'
    const range = parseWith(rangeSchema, asked, 'range')
    if (prefers(request, 'text/event-stream')) return eventStream((signal) => events(services, range, signal))
    const data = await readStats(services, range)
    return Response.json({ success: true, data }, { headers: { 'Cache-Control': 'no-store' } })
  },
})

async function* events(services: Services, range: Range, signal: AbortSignal) {
  for await (const data of watchStats(services, range, signal)) yield { event: 'figures', data }
}
