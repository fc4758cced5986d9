import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(_request, { services }) {
    const { speech, tasks } = services
    const data = { provider: speech.name, voices: await speech.voices({ signal: tasks.signal }) }
    return Response.json({ success: true, data }, { headers: { 'Cache-Control': 'public, max-age=60' } })
  },
})
