import { voicesAnswer } from '#lib/http/answers/voices.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(_request, { services }) {
    return Response.json(await voicesAnswer(services), { headers: { 'Cache-Control': 'public, max-age=60' } })
  },
})
