import { scriptEvent, scriptEvents } from '#lib/http/answers/script-events.ts'
import { clientAddress } from '#lib/http/client-address.ts'
import { publicBaseUrl } from '#lib/http/origin.ts'
import { requireScript } from '#lib/http/require-script.ts'
import { defineRoute } from '#lib/http/route.ts'
import { getService } from '#lib/http/service.ts'
import { eventStream } from '#lib/http/sse.ts'
import { isScriptSettled } from '#lib/scripts/watch-script.ts'

export const dynamic = 'force-dynamic'
// Then the stream ends, and an EventSource reconnects by itself.
export const maxDuration = 300

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(request, context) {
    const { services } = context
    getService().refuseWhileStopping()
    const progress = await requireScript(request, context)
    const baseUrl = publicBaseUrl(services.config, request)
    const lastEventId = request.headers.get('Last-Event-ID')
    // An EventSource reconnects whenever a stream ends; 204 tells it that there are no more events.
    const isKnown = lastEventId === scriptEvent(progress, baseUrl).id
    if (isKnown && isScriptSettled(progress)) return new Response(null, { status: 204 })
    const endConnection = services.connectionLimit.take(
      clientAddress(request, services.config.access.trustedProxies),
    )
    return eventStream(async function* (signal) {
      try {
        yield* scriptEvents(services, progress.script.id, { baseUrl, signal, lastEventId })
      } finally {
        endConnection()
      }
    })
  },
  async HEAD() {
    return new Response(null, { headers: { 'Content-Type': 'text/event-stream; charset=utf-8' } })
  },
})
