import { requireOperator } from '#lib/http/admin-session.ts'
import { exportAnswer } from '#lib/http/answers/export.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'
// An export of many records takes as long as its reader does.
export const maxDuration = 300

/** All records, as JSON lines. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async GET(request, { services }) {
    await requireOperator(request, services)
    return exportAnswer(services)
  },
})
