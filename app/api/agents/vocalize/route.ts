import { after } from 'next/server'
import { vocalizeAnswer } from '../../../../lib/http/answers.ts'
import { requireBearer } from '../../../../lib/http/auth.ts'
import { readJson } from '../../../../lib/http/body.ts'
import { publicBaseUrl } from '../../../../lib/http/origin.ts'
import { defineRoute } from '../../../../lib/http/route.ts'
import { vocalizeSchema } from '../../../../lib/http/schemas.ts'
import { getService } from '../../../../lib/service.ts'
import { vocalize } from '../../../../lib/vocalize.ts'

export const dynamic = 'force-dynamic'
export const maxDuration = 120

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async POST(request, { services, requestId }) {
    const { access } = services.config
    if (access.vocalizeApiKeys.length > 0) requireBearer(request, access.vocalizeApiKeys)
    const service = getService()
    service.refuseWhileStopping()
    const body = await readJson(request, vocalizeSchema(access), access.maxBodyBytes)
    const clip = await services.work.track(vocalize(services, body, { requestId }))
    after(async () => {
      await service.afterVocalize(clip)
      await services.work.settled()
    })
    return Response.json(vocalizeAnswer(clip, publicBaseUrl(services.config, request)), {
      headers: { 'Cache-Control': 'no-store' },
    })
  },
})
