import { RateLimiterMemory } from 'rate-limiter-flexible'
import { ServiceError } from '../errors.ts'

const FAILURES = 10
const WINDOW_SECONDS = 15 * 60

const limiter = new RateLimiterMemory({ points: FAILURES, duration: WINDOW_SECONDS })

/**
 * Runs `signIn` unless ten of the caller's tries have failed within fifteen minutes. Only failures count, and they
 * count from the start, so that many tries at once gain nothing.
 *
 * @throws ServiceError `rate_limited`; whatever `signIn` throws
 */
export async function limitSignIn(caller: string, signIn: () => void): Promise<void> {
  await limiter.consume(caller).catch(({ msBeforeNext }) => {
    throw new ServiceError('rate_limited', 'Too many failed tries to sign in; try again later', {
      retryAfterMs: msBeforeNext,
    })
  })
  signIn()
  await limiter.delete(caller)
}
