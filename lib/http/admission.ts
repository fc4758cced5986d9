import { createHash } from 'node:crypto'
import { spendCharacters } from '#lib/clips/character-budget.ts'
import type { Listener } from '#lib/clips/live-listener.ts'
import { isKeyCaller, KEY_CALLER, makerOf } from '#lib/clips/maker.ts'
import { repeatClip } from '#lib/clips/repeat.ts'
import { type ReusableRequest, vocalizeOnce } from '#lib/clips/vocalize-once.ts'
import type { Services } from '#lib/context.ts'
import { type ClipNotes, newClipId, type VocalizedClip } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { afterAnswer } from './after-answer.ts'
import { bearerOf, isOneOf } from './auth.ts'
import { clientAddress } from './client-address.ts'
import { claimKey } from './idempotency.ts'
import type { RequestContext } from './respond.ts'
import { getService } from './service.ts'

/** A text that is to be spoken, or was spoken under the same `Idempotency-Key` before. */
export interface Speaking {
  /** The clip, unless another one that exists is given again. */
  clipId: string
  /** To be called once. From then on the work goes on whether or not anybody waits for it. */
  speak(listener?: Listener): Promise<VocalizedClip>
}

/** A text with what its caller notes about the clip. */
type NotedRequest = ReusableRequest & { [Name in keyof ClipNotes]?: ClipNotes[Name] | undefined }

/** A caller who may have texts spoken. */
interface Admission {
  /**
   * Claims the caller's `Idempotency-Key`, where there is one (`keyText`, else the header), and counts the characters of `body` against the caller's
   * daily budget. They are given back where nothing was spoken.
   *
   * @throws ServiceError `character_budget_exceeded`, or as `claimKey` does
   */
  speak(body: NotedRequest, keyText?: string): Promise<Speaking>
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
    async speak(body, keyText) {
      const key = await claimKey(request, context, { caller, body, keyText })
      if (key?.answered) {
        const { answered } = key
        context.clipId = answered.id
        return { clipId: answered.id, speak: (listener) => repeatClip(services, answered, listener) }
      }
      const clipId = key?.clipId ?? newClipId()
      context.clipId = clipId
      const giveBack = await spendCharacters(services, caller, body.text).catch(async (error: unknown) => {
        await key?.giveUp()
        throw error
      })
      return {
        clipId,
        speak(listener) {
          const reuseScope = reuseScopeOf(services, caller)
          const { label, metadata, ...speech } = body
          const options = {
            requestId,
            reuseScope,
            id: clipId,
            label,
            metadata,
            ...(listener && { listener }),
          }
          const spoken = async () =>
            vocalizeOnce(services, speech, { ...options, madeBy: await makerOf(services, caller) })
          const speaking = services.tasks.track(key ? key.answerWith(spoken) : spoken())
          afterAnswer(request, async () => {
            const clip = await speaking.catch(giveBack.afterFailure)
            if (clip?.isReused) await giveBack.refund()
            else if (clip) await service.afterVocalize(clip)
            await services.tasks.settled()
            await service.afterWork()
          })
          return speaking
        },
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
  const { caller, refusal } = callerOf(request, context)
  await takeTurn(context, caller)
  if (refusal) throw refusal
  return caller
}

/**
 * Who asks for what was made before, as `identifyCaller` says it. Only calls with a wrong key count against a rate limit.
 *
 * @throws ServiceError `unauthorized`, `rate_limited`
 */
export async function identifyReader(request: Request, context: RequestContext): Promise<string> {
  const { caller, refusal } = callerOf(request, context)
  if (refusal) await takeTurn(context, caller)
  if (refusal) throw refusal
  return caller
}

function callerOf(
  request: Request,
  { services }: RequestContext,
): { caller: string; refusal?: ServiceError } {
  const { vocalizeApiKeys: keys, trustedProxies } = services.config.access
  // Programs with a gateway of their own in between send two, of which one is not for us.
  const given = [bearerOf(request), request.headers.get('xi-api-key')?.trim()].filter(Boolean) as string[]
  const [key] = given.filter((each) => isOneOf(each, keys))
  if (key !== undefined) return { caller: `${KEY_CALLER}${fingerprint(key)}` }
  const caller = `address:${clientAddress(request, trustedProxies)}`
  if (keys.length === 0) return { caller }
  const how = 'send it as "Authorization: Bearer <key>" or "xi-api-key: <key>"'
  const message = given.length > 0 ? 'The key is wrong' : `A key is required: ${how}`
  return { caller, refusal: new ServiceError('unauthorized', message) }
}

/** @throws ServiceError `rate_limited` */
async function takeTurn({ headers: answered, services }: RequestContext, caller: string): Promise<void> {
  const { isAllowed, headers, resetMs } = await services.rateLimiter.take(caller)
  for (const [name, value] of Object.entries(headers)) answered.set(name, value)
  if (!isAllowed) {
    throw new ServiceError('rate_limited', 'Too many requests; try again later', { retryAfterMs: resetMs })
  }
}

/** Each key has its own clips, so that it does not learn what another had spoken. */
export function reuseScopeOf({ config }: Pick<Services, 'config'>, caller: string): string | undefined {
  return config.reuse.isShared || !isKeyCaller(caller) ? undefined : caller
}

function fingerprint(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32)
}
