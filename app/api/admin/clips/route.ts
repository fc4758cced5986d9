import { requireOperator } from '#lib/http/admin-session.ts'
import { listedClipsAnswer, listedClipsQuery } from '#lib/http/answers/listed-clips.ts'
import { parseWith } from '#lib/http/body.ts'
import { jsonResponse } from '#lib/http/json-response.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

/** One page of the clips that an operator asks for, by state, provider and time, or by what they are called. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(request, { services }) {
    await requireOperator(request, services)
    const query = parseWith(listedClipsQuery, Object.fromEntries(new URL(request.url).searchParams))
    const data = await listedClipsAnswer(services, query)
    return jsonResponse({ success: true, data }, { headers: { 'Cache-Control': 'no-store' } })
  },
})
