import { LIVE_LEASE_MS } from '#lib/catalog/leases.ts'
import { holdLease } from '#lib/clips/heartbeat.ts'
import { revive } from '#lib/clips/revive.ts'
import type { Services } from '#lib/context.ts'
import { newClipId, type VocalizedClip } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { asPublished } from '#lib/model/permanent-url.ts'
import type { RequestContext } from './respond.ts'

const LONGEST_KEY = 255

/** What an `Idempotency-Key` stands for: a clip that was answered before, or one that is to be spoken now. */
export type ClaimedKey =
  | { answered: VocalizedClip }
  | {
      answered?: undefined
      /** The clip that is to be spoken under the key. */
      clipId: string
      /** Has `work` speak it, and remembers the clip under the key. Returns the clip that was answered first. */
      answerWith(work: () => Promise<VocalizedClip>): Promise<VocalizedClip>
      /** Nothing is spoken: the key may be used again. */
      giveUp(): Promise<void>
    }

/**
 * Claims the `Idempotency-Key` of a request; `undefined` where it has none. The same key with the same body stands for the
 * same clip for a day, in whatever form it is answered, also where the process that spoke it was killed: what it had made
 * durable is found again. A request that failed can be sent again under its key.
 *
 * `caller` is whose key it is; `keyText` the key itself, where it is not in the header.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 * @throws ServiceError `invalid_request` (a malformed key), `idempotency_key_reused` (another body),
 *   `idempotency_in_flight`
 */
export async function claimKey(
  request: Request,
  context: RequestContext,
  { caller, body, keyText }: { caller: string; body: unknown; keyText?: string | undefined },
): Promise<ClaimedKey | undefined> {
  const given = readKey(keyText ?? request.headers.get('Idempotency-Key'))
  if (given === undefined) return undefined
  const { services } = context
  const { keyedHash, inFlight } = services
  const key = await keyedHash.hash(['idempotency-key', caller, given])
  const fingerprint = await keyedHash.hash(['body', body])
  const isRunningHere = [...inFlight.heartbeat.held].some((held) => 'key' in held && held.key === key)
  // From here on no other call of this process claims it.
  const letGo = holdLease(services, { key })
  try {
    const found = await find(services, { key, fingerprint, isRunningHere })
    if (typeof found === 'string') return heldKey(context, { key, clipId: found, letGo })
    letGo()
    return { answered: found }
  } catch (error) {
    letGo()
    throw error
  }
}

interface Asked {
  key: string
  fingerprint: string
  isRunningHere: boolean
}

/** The clip that was spoken under the key, or the id under which it is to be spoken now. */
async function find(services: Services, asked: Asked): Promise<VocalizedClip | string> {
  const { catalog, clock, config, leaseOwner: owner } = services
  const clipId = newClipId()
  for (let lost: string | undefined; ; ) {
    const now = clock.now()
    const lease = { owner, expiresAt: now + LIVE_LEASE_MS }
    const state = await catalog.idempotencyKeys.claim({ ...asked, now, lease, clipId, lost })
    switch (state.status) {
      case 'ours':
        return clipId
      case 'answered':
        return state.clip
      case 'spoken':
        await revive(services, state.clip.id)
        return catalog.idempotencyKeys.answer(asked.key, asPublished(config, state.clip) as VocalizedClip)
      case 'abandoned':
        if (!(await revive(services, state.clipId))) lost = state.clipId
        break
      case 'other_request': {
        const message = 'This Idempotency-Key was sent with another body; use a new one'
        throw new ServiceError('idempotency_key_reused', message)
      }
      case 'in_flight': {
        const message = 'The request with this Idempotency-Key is still running'
        throw new ServiceError('idempotency_in_flight', message, { retryAfterMs: state.retryAfterMs })
      }
    }
  }
}

function heldKey(
  { services, log }: RequestContext,
  { key, clipId, letGo }: { key: string; clipId: string; letGo: () => void },
): ClaimedKey {
  const { catalog, inFlight, leaseOwner } = services

  async function giveUp() {
    await catalog.idempotencyKeys.giveUp(key, leaseOwner).catch(() => {})
    letGo()
  }

  async function afterFailure(error: unknown): Promise<never> {
    const saving = inFlight.rescues.get(clipId)
    // Paid audio that is still being saved: once it is safe, whoever repeats the call gets it.
    if (saving) void saving.ended.finally(letGo)
    else await giveUp()
    throw error
  }

  async function answer(clip: VocalizedClip): Promise<VocalizedClip> {
    try {
      return await catalog.idempotencyKeys.answer(key, clip)
    } catch (error) {
      log.error({ err: error }, 'An answer could not be saved under its Idempotency-Key')
      return clip
    } finally {
      letGo()
    }
  }

  return { clipId, giveUp, answerWith: (work) => work().then(answer, afterFailure) }
}

/**
 * The key, without the quotes that the draft asks for and that many clients leave out.
 *
 * @throws ServiceError `invalid_request`
 */
export function readKey(header: string | null): string | undefined {
  if (header === null) return undefined
  const key = /^"((?:[^"\\]|\\["\\])*)"$/.exec(header.trim())?.[1] ?? header.trim()
  if (key.length >= 1 && key.length <= LONGEST_KEY) return key
  throw new ServiceError('invalid_request', `The Idempotency-Key must be 1 to ${LONGEST_KEY} characters long`)
}
