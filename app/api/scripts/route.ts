import { identifyCaller, reuseScopeOf } from '#lib/http/admission.ts'
import { afterAnswer } from '#lib/http/after-answer.ts'
import { scriptAnswer } from '#lib/http/answers/script.ts'
import { readJson } from '#lib/http/body.ts'
import { readKey } from '#lib/http/idempotency.ts'
import { jsonResponse } from '#lib/http/json-response.ts'
import { publicBaseUrl } from '#lib/http/origin.ts'
import { defineRoute } from '#lib/http/route.ts'
import { readTurns, scriptBodyBytes, scriptSchema } from '#lib/http/script-fields.ts'
import { getService } from '#lib/http/service.ts'
import { createScript } from '#lib/scripts/create-script.ts'

export const dynamic = 'force-dynamic'
// Where nothing runs between requests, speaking begins behind the answer.
export const maxDuration = 300

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async POST(request, context) {
    const { services, requestId } = context
    const { access } = services.config
    const service = getService()
    service.refuseWhileStopping()
    const caller = await identifyCaller(request, context)
    const body = await readJson(request, scriptSchema(access), scriptBodyBytes(access))
    const given = readKey(request.headers.get('Idempotency-Key'))
    const { keyedHash } = services
    const key = given && {
      hash: await keyedHash.hash(['script', caller, given]),
      fingerprint: await keyedHash.hash(['script body', body]),
    }
    const reuseScope = reuseScopeOf(services, caller)
    const script = await createScript(services, readTurns(body, access), {
      ...{ requestId, caller, reuseScope },
      ...(key && { key }),
    })
    afterAnswer(request, () => service.afterScript())
    const data = scriptAnswer({ script, joined: null }, publicBaseUrl(services.config, request))
    const headers = { Location: data.url, 'Cache-Control': 'no-store' }
    return jsonResponse({ success: true, data }, { status: 202, headers })
  },
})
