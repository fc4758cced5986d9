import { z } from 'zod'
import type { Services } from '#lib/context.ts'
import { type Range, readStats } from '#lib/dashboard/read-stats.ts'
import { watchStats } from '#lib/dashboard/watch-stats.ts'
import { prefers } from '#lib/http/accept.ts'
import { hasSession, requireOperator } from '#lib/http/admin-session.ts'
import { figuresAnswer } from '#lib/http/answers/figures.ts'
import { bearerOf } from '#lib/http/auth.ts'
import { parseWith } from '#lib/http/body.ts'
import { jsonResponse } from '#lib/http/json-response.ts'
import { defineRoute } from '#lib/http/route.ts'
import { eventStream } from '#lib/http/sse.ts'

export const dynamic = 'force-dynamic'
// Then the stream ends, and an EventSource reconnects by itself.
export const maxDuration = 300

const rangeSchema = z.enum(['1h', '24h', '7d', '30d'])

/** The stats of the dashboard: once, or with `Accept: text/event-stream` again after each change. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(request, { services }) {
    await requireOperator(request, services)
    const asked = new URL(request.url).searchParams.get('range') ?? '24h'
    const range = parseWith(rangeSchema, asked, 'range')
    if (prefers(request, 'text/event-stream')) {
      const isSignedIn = async () => bearerOf(request) !== undefined || hasSession(services, request.headers)
      return eventStream((signal) => events(services, { range, signal, isSignedIn }))
    }
    const data = await figuresAnswer(services, await readStats(services, range))
    return jsonResponse({ success: true, data }, { headers: { 'Cache-Control': 'no-store' } })
  },
})

/** Ends with the session that asked for it. */
async function* events(
  services: Services,
  { range, signal, isSignedIn }: { range: Range; signal: AbortSignal; isSignedIn: () => Promise<boolean> },
) {
  for await (const stats of watchStats(services, range, signal)) {
    if (!(await isSignedIn())) return
    yield { event: 'figures', data: await figuresAnswer(services, stats) }
  }
}
