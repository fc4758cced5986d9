import { afterCron } from '#lib/background/after-response.ts'
import { drainBacklog } from '#lib/background/drain-backlog.ts'
import type { Trigger } from '#lib/catalog/attempts.ts'
import { countRemaining, uploadPending } from '#lib/clips/upload-pending.ts'
import { requireOperator } from '#lib/http/admin-session.ts'
import { afterAnswer } from '#lib/http/after-answer.ts'
import { retryAnswer, retryLimitSchema, untriedClip, untriedOf } from '#lib/http/answers/retry.ts'
import { requireOperatorKey } from '#lib/http/auth.ts'
import { parseWith } from '#lib/http/body.ts'
import { jsonResponse } from '#lib/http/json-response.ts'
import { publicBaseUrl } from '#lib/http/origin.ts'
import type { RequestContext } from '#lib/http/respond.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'
export const maxDuration = 300
/** Uploads that take longer are left to the next call: a person waits for the answer. */
const TIME_BUDGET_MS = 50_000
/** The work behind the answer ends within `maxDuration`, with some seconds to spare. */
const CRON_BUDGET_MS = 280_000
const DEFAULT_LIMIT = 100

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async POST(request, context) {
    await requireOperator(request, context.services)
    return retry(request, context, 'admin')
  },
  async GET(request, context) {
    const { adminApiKey, cronSecret } = context.services.config.access
    await requireOperatorKey(request, context.services, [adminApiKey, cronSecret])
    return retry(request, context, 'cron')
  },
})

async function retry(request: Request, { services }: RequestContext, trigger: Trigger): Promise<Response> {
  const { chain, config, tasks } = services
  const { searchParams } = new URL(request.url)
  const asked = searchParams.get('limit')
  const id = searchParams.get('id') ?? undefined
  const limit = asked === null ? DEFAULT_LIMIT : parseWith(retryLimitSchema, asked, 'limit')
  const signal = AbortSignal.any([tasks.signal, AbortSignal.timeout(TIME_BUDGET_MS)])
  const end = AbortSignal.timeout(CRON_BUDGET_MS)
  // The caller wants an attempt now, even at a provider that has just failed.
  chain.resetCoolDowns()
  const result = await tasks.track(uploadPending(services, { limit, trigger, signal, dueOnly: false, id }))
  if (result.successCount > 0) {
    const draining = tasks.track(drainBacklog(services)).catch(() => {})
    afterAnswer(request, () => draining)
  }
  if (trigger === 'cron') afterAnswer(request, () => tasks.track(afterCron(services, end)).catch(() => {}))
  const remaining = await countRemaining(services)
  const counted = { ...result, remaining }
  const untried =
    id === undefined ? await untriedOf(services, counted) : await untriedClip(services, id, result)
  const answer = retryAnswer(services, { ...counted, untried }, publicBaseUrl(config, request))
  return jsonResponse(answer, { headers: { 'Cache-Control': 'no-store' } })
}
