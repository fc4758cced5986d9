import { readClip } from '#lib/clips/watch-clip.ts'
import { clipAnswer } from '#lib/http/answers/clip.ts'
import { publicBaseUrl } from '#lib/http/origin.ts'
import { defineRoute } from '#lib/http/route.ts'
import { ServiceError } from '#lib/model/errors.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(request, { services }) {
    const history = await readClip(services, new URL(request.url).pathname.split('/')[3] ?? '')
    if (!history) throw new ServiceError('not_found', 'There is no clip with this id')
    const data = clipAnswer(history, publicBaseUrl(services.config, request))
    return Response.json({ success: true, data }, { headers: { 'Cache-Control': 'no-store' } })
  },
})
