import { leaseMs } from '#lib/clips/lease.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { bearerOf } from './auth.ts'
import type { RequestContext } from './respond.ts'

const LONGEST_KEY = 255

/**
 * Does `work` once for each `Idempotency-Key`: the same key with the same body gets the same answer again, also after a
 * restart. Without the header it always does the work. Answers are kept for a day; a request that failed can be sent
 * again under its key.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 * @throws ServiceError `invalid_request` (a malformed key), `idempotency_key_reused` (another body),
 *   `idempotency_in_flight`
 */
export async function answerOnce<T>(
  request: Request,
  { services, log }: RequestContext,
  body: unknown,
  work: () => Promise<T>,
): Promise<T> {
  const given = readKey(request.headers.get('Idempotency-Key'))
  if (given === undefined) return work()
  const { catalog, clock, config, keyedHash } = services
  const caller = bearerOf(request) ?? request.headers.get('xi-api-key') ?? ''
  const key = await keyedHash.hash(['idempotency-key', caller, given])
  const now = clock.now()
  const state = await catalog.idempotencyKeys.claim({
    key,
    now,
    fingerprint: await keyedHash.hash(['body', body]),
    leaseExpiresAt: now + config.speech.timeoutMs + leaseMs(services),
  })
  if (state.status === 'answered') return state.answer as T
  if (state.status === 'other_request') {
    throw new ServiceError(
      'idempotency_key_reused',
      'This Idempotency-Key was sent with another body; use a new one',
    )
  }
  if (state.status === 'in_flight') {
    const message = 'The request with this Idempotency-Key is still running'
    throw new ServiceError('idempotency_in_flight', message, { retryAfterMs: 1000 })
  }
  try {
    const answer = await work()
    await catalog.idempotencyKeys
      .answer(key, answer)
      .catch((error: unknown) =>
        log.error({ err: error }, 'An answer could not be saved under its Idempotency-Key'),
      )
    return answer
  } catch (error) {
    await catalog.idempotencyKeys.giveUp(key).catch(() => {})
    throw error
  }
}

/** The key, without the quotes that the draft asks for and that many clients leave out. */
function readKey(header: string | null): string | undefined {
  if (header === null) return undefined
  const key = /^"((?:[^"\\]|\\["\\])*)"$/.exec(header.trim())?.[1] ?? header.trim()
  if (key.length >= 1 && key.length <= LONGEST_KEY) return key
  throw new ServiceError('invalid_request', `The Idempotency-Key must be 1 to ${LONGEST_KEY} characters long`)
}
