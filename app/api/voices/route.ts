import { defineRoute } from '#lib/http/route.ts'
import { listVoices } from '#lib/speech/cached-voices.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(_request, { services }) {
    const data = { provider: services.speech.name, voices: await listVoices(services) }
    return Response.json({ success: true, data }, { headers: { 'Cache-Control': 'public, max-age=60' } })
  },
})
