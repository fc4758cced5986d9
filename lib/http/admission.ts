import { createHash } from 'node:crypto'
import { after } from 'next/server'
import { spendCharacters } from '#lib/clips/character-budget.ts'
import type { VocalizeContext } from '#lib/clips/vocalize.ts'
import { type ReusableRequest, vocalizeOnce } from '#lib/clips/vocalize-once.ts'
import type { Services } from '#lib/context.ts'
import type { VocalizedClip } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { bearerOf, isOneOf } from './auth.ts'
import { clientAddress } from './client-address.ts'
import type { RequestContext } from './respond.ts'
import { getService } from './service.ts'

/** What the names of callers begin with who are known by a key. */
const KEY_CALLER = 'key:'

/** Has the text spoken. Once called, the work goes on whether or not anybody waits for it. */
export type Speak = (options?: Omit<VocalizeContext, 'requestId'>) => Promise<VocalizedClip>

/** A caller who may have texts spoken. */
interface Admission {
  /**
   * Counts the characters of `request` against the caller's daily budget, and gives the function that speaks it. They
   * are given back where nothing was spoken.
   *
   * @throws ServiceError `character_budget_exceeded`
   */
  speak(request: ReusableRequest): Promise<Speak>
}

/**
 * Admits a caller to the routes that speak: with one of `VOCALIZE_API_KEYS` where there are any, and within the rate
 * limit of that key, or of the caller's address.
 *
 * @throws ServiceError `shutting_down`, `unauthorized`, `rate_limited`
 */
export async function admit(request: Request, context: RequestContext): Promise<Admission> {
  const { services, requestId } = context
  const service = getService()
  service.refuseWhileStopping()
  const caller = await identifyCaller(request, context)
  return {
    async speak(request) {
      const giveBack = await spendCharacters(services, caller, request.text)
      return (options) => {
        const own = { requestId, reuseScope: reuseScopeOf(services, caller) }
        const speaking = services.tasks.track(vocalizeOnce(services, request, { ...own, ...options }))
        after(async () => {
          const clip = await speaking.catch(giveBack.afterFailure)
          if (clip?.isReused) await giveBack.refund()
          else if (clip) await service.afterVocalize(clip)
          await services.tasks.settled()
          await service.afterWork()
        })
        return speaking
      }
    },
  }
}

/**
 * Who calls: by key, or by address. Counts the call against that caller's rate limit; a wrong key counts against the
 * address that sends it.
 *
 * @throws ServiceError `unauthorized`, `rate_limited`
 */
export async function identifyCaller(request: Request, context: RequestContext): Promise<string> {
  const { vocalizeApiKeys: keys, trustedProxies } = context.services.config.access
  const given = bearerOf(request) ?? request.headers.get('xi-api-key')?.trim()
  const isKey = given !== undefined && isOneOf(given, keys)
  const caller = isKey
    ? `${KEY_CALLER}${fingerprint(given)}`
    : `address:${clientAddress(request, trustedProxies)}`
  const { isAllowed, headers, resetMs } = await context.services.rateLimiter.take(caller)
  for (const [name, value] of Object.entries(headers)) context.headers.set(name, value)
  if (!isAllowed) {
    throw new ServiceError('rate_limited', 'Too many requests; try again later', { retryAfterMs: resetMs })
  }
  if (keys.length > 0 && !isKey) {
    const how = 'send it as "Authorization: Bearer <key>" or "xi-api-key: <key>"'
    throw new ServiceError('unauthorized', given ? 'The key is wrong' : `A key is required: ${how}`)
  }
  return caller
}

/** Each key has its own clips, so that it does not learn what another had spoken. */
function reuseScopeOf({ config }: Services, caller: string): string | undefined {
  return config.reuse.isShared || !caller.startsWith(KEY_CALLER) ? undefined : caller
}

function fingerprint(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32)
}
