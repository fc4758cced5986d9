import { ServiceError } from '#lib/model/errors.ts'
import type { RedisConnections } from '#lib/redis/connections.ts'
import { createFixedWindow } from './fixed-window.ts'

const FAILURES = 10
const WINDOW_SECONDS = 15 * 60

/**
 * Runs `signIn` unless ten of the caller's tries have failed within fifteen minutes. Only failures count, and they
 * count from the start, so that many tries at once gain nothing.
 *
 * @throws ServiceError `rate_limited`; whatever `signIn` throws
 */
export type SignInLimit = (caller: string, signIn: () => void) => Promise<void>

/** The failures are counted in this process, or at all instances together where there is a `redis`. */
export function createSignInLimit({ redis }: { redis?: RedisConnections | undefined } = {}): SignInLimit {
  const failures = createFixedWindow({
    name: 'sign-ins',
    limit: FAILURES,
    windowSeconds: WINDOW_SECONDS,
    redis,
  })
  return async (caller, signIn) => {
    const { isWithin, resetMs } = await failures.count(caller)
    if (!isWithin) {
      throw new ServiceError('rate_limited', 'Too many failed tries to sign in; try again later', {
        retryAfterMs: resetMs,
      })
    }
    signIn()
    await failures.forget(caller)
  }
}
