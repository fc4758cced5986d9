import { identifyCaller } from '#lib/http/admission.ts'
import { voicesAnswer } from '#lib/http/answers/voices.ts'
import { jsonResponse } from '#lib/http/json-response.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(request, context) {
    await identifyCaller(request, context)
    const { services } = context
    const sharing = services.config.access.vocalizeApiKeys.length > 0 ? 'private' : 'public'
    return jsonResponse(await voicesAnswer(services), {
      headers: { 'Cache-Control': `${sharing}, max-age=60` },
    })
  },
})
