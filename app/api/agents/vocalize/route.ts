import { after } from 'next/server'
import { prefers } from '../../../../lib/http/accept.ts'
import { vocalizeAnswer } from '../../../../lib/http/answers.ts'
import { requireBearer } from '../../../../lib/http/auth.ts'
import { readJson } from '../../../../lib/http/body.ts'
import { publicBaseUrl } from '../../../../lib/http/origin.ts'
import { defineRoute } from '../../../../lib/http/route.ts'
import { vocalizeSchema } from '../../../../lib/http/schemas.ts'
import { vocalizeEvents } from '../../../../lib/http/vocalize-events.ts'
import { getService } from '../../../../lib/service.ts'
import { vocalize } from '../../../../lib/vocalize.ts'

export const dynamic = 'force-dynamic'
export const maxDuration = 120

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async POST(request, context) {
    const { services, requestId } = context
    const { access } = services.config
    if (access.vocalizeApiKeys.length > 0) requireBearer(request, access.vocalizeApiKeys)
    const service = getService()
    service.refuseWhileStopping()
    const body = await readJson(request, vocalizeSchema(access), access.maxBodyBytes)
    const start = (id?: string) => {
      const vocalizing = services.work.track(vocalize(services, body, { requestId, ...(id && { id }) }))
      after(async () => {
        const clip = await vocalizing.catch(() => undefined)
        if (clip) await service.afterVocalize(clip)
        await services.work.settled()
      })
      return vocalizing
    }
    const baseUrl = publicBaseUrl(services.config, request)
    if (prefers(request, 'text/event-stream')) return vocalizeEvents(context, baseUrl, start)
    return Response.json(vocalizeAnswer(await start(), baseUrl), { headers: { 'Cache-Control': 'no-store' } })
  },
})
