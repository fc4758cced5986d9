import { ServiceError } from '#lib/model/errors.ts'
import type { RedisConnections } from '#lib/redis/connections.ts'
import { createFixedWindow } from './fixed-window.ts'

const MAX_FAILURES = 10
const WINDOW_SECONDS = 15 * 60

/**
 * Runs `signIn` unless ten attempts of the caller have failed within fifteen minutes. Each attempt is counted before it
 * is made, so that many at once gain nothing, and success sets the count back.
 *
 * @throws ServiceError `rate_limited`; whatever `signIn` throws
 */
export type SignInLimit = (caller: string, signIn: () => void) => Promise<void>

/** The failures are counted in this process, or at all instances together where there is a `redis`. */
export function createSignInLimit({ redis }: { redis?: RedisConnections | undefined } = {}): SignInLimit {
  const failures = createFixedWindow({
    name: 'sign-ins',
    limit: MAX_FAILURES,
    windowSeconds: WINDOW_SECONDS,
    redis,
  })
  return async (caller, signIn) => {
    const { isWithin, resetMs } = await failures.count(caller)
    if (!isWithin) {
      throw new ServiceError('rate_limited', 'Too many failed attempts to sign in; try again later', {
        retryAfterMs: resetMs,
      })
    }
    signIn()
    await failures.forget(caller)
  }
}
