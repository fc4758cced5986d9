import { z } from 'zod'
import { requireOperator } from '#lib/http/admin-session.ts'
import { listedClip } from '#lib/http/answers/clip.ts'
import { parseWith } from '#lib/http/body.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

const querySchema = z.object({
  state: z.enum(['waiting', 'expired', 'stored']).default('waiting'),
  page: z.coerce.number().int().min(1).max(1_000_000).default(1),
  limit: z.coerce.number().int().min(1).max(100).default(20),
})

/** One page of the pending (`waiting`), expired or stored clips. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(request, { services }) {
    await requireOperator(request, services)
    const query = Object.fromEntries(new URL(request.url).searchParams)
    const { state, page, limit } = parseWith(querySchema, query)
    const offset = (page - 1) * limit
    const { clips, total } = await services.catalog.clipList.page({ state, limit, offset })
    const data = { total, page, limit, clips: clips.map(listedClip) }
    return Response.json({ success: true, data }, { headers: { 'Cache-Control': 'no-store' } })
  },
})
