import { isSettled } from '#lib/clips/watch-clip.ts'
import { clipEvent, clipEvents } from '#lib/http/answers/clip-events.ts'
import { clientAddress } from '#lib/http/client-address.ts'
import { publicBaseUrl } from '#lib/http/origin.ts'
import { requireClip } from '#lib/http/require-clip.ts'
import { defineRoute } from '#lib/http/route.ts'
import { getService } from '#lib/http/service.ts'
import { eventStream } from '#lib/http/sse.ts'

export const dynamic = 'force-dynamic'
// Then the stream ends, and an EventSource reconnects by itself.
export const maxDuration = 300

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(request, { services }) {
    getService().refuseWhileStopping()
    const history = await requireClip(request, services)
    const { id } = history.clip
    const baseUrl = publicBaseUrl(services.config, request)
    const lastEventId = request.headers.get('Last-Event-ID')
    // An EventSource reconnects whenever a stream ends; 204 tells it that there are no more events.
    const isKnown = lastEventId === clipEvent(history, baseUrl).id
    if (isKnown && isSettled(history)) return new Response(null, { status: 204 })
    const caller = clientAddress(request, services.config.access.trustedProxies)
    const endConnection = services.connectionLimit.take(caller)
    return eventStream(async function* (signal) {
      try {
        yield* clipEvents(services, id, { baseUrl, signal, lastEventId })
      } finally {
        endConnection()
      }
    })
  },
  async HEAD() {
    return new Response(null, { headers: { 'Content-Type': 'text/event-stream; charset=utf-8' } })
  },
})
