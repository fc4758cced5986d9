import { ownClipsAnswer } from '#lib/http/answers/own-clips.ts'
import { identifyOwner } from '#lib/http/clip-owner.ts'
import { jsonResponse } from '#lib/http/json-response.ts'
import { publicBaseUrl } from '#lib/http/origin.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

/** The clips of the key that asks, newest first; all of them for the operator. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(request, context) {
    const { services } = context
    const { madeBy } = await identifyOwner(request, context)
    const baseUrl = publicBaseUrl(services.config, request)
    const answer = await ownClipsAnswer(services, request, { madeBy, baseUrl })
    return jsonResponse(answer, { headers: { 'Cache-Control': 'no-store' } })
  },
})
