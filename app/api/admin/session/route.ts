import { z } from 'zod'
import { endedSessionCookie, endSession, refuseOtherSites, sessionCookie } from '#lib/http/admin-session.ts'
import { countWrongKey, isOneOf } from '#lib/http/auth.ts'
import { readJson } from '#lib/http/body.ts'
import { defineRoute } from '#lib/http/route.ts'
import { ServiceError } from '#lib/model/errors.ts'

export const dynamic = 'force-dynamic'

const signInSchema = z.object({ key: z.string() })

/** Signs an operator's browser in with the admin key, and out again. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({
  async POST(request, { services, headers }) {
    refuseOtherSites(request, services.config.publicBaseUrl)
    const { access } = services.config
    const { key } = await readJson(request, signInSchema, access.maxBodyBytes)
    if (!access.adminApiKey) throw new ServiceError('unauthorized', 'No ADMIN_API_KEY is configured')
    if (!isOneOf(key, [access.adminApiKey])) {
      await countWrongKey(request, services)
      throw new ServiceError('unauthorized', 'The key is wrong')
    }
    headers.set('Set-Cookie', await sessionCookie(access, request))
    return noContent()
  },
  async DELETE(request, { services, headers }) {
    refuseOtherSites(request, services.config.publicBaseUrl)
    await endSession(services, request.headers)
    headers.set('Set-Cookie', endedSessionCookie(request))
    return noContent()
  },
})

const noContent = () => new Response(null, { status: 204, headers: { 'Cache-Control': 'no-store' } })
