import { oembedAnswer } from '#lib/http/answers/oembed.ts'
import { anyOrigin } from '#lib/http/cors.ts'
import { jsonResponse } from '#lib/http/json-response.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(
  {
    async GET(request, { services, headers }) {
      // Any site may ask how to embed.
      headers.set('Access-Control-Allow-Origin', '*')
      return jsonResponse(await oembedAnswer(services, request), {
        headers: { 'Cache-Control': 'no-store' },
      })
    },
  },
  { cors: anyOrigin },
)
