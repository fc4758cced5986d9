import { ServiceError } from '#lib/model/errors.ts'
import type { RedisConnections } from '#lib/redis/connections.ts'
import { createFixedWindow } from './fixed-window.ts'

const MAX_FAILURES = 10
const WINDOW_SECONDS = 15 * 60

/** Counts the wrong keys of operators that callers send. The right key is not counted, and so never kept out. */
export interface WrongKeyLimit {
  /**
   * Counts one more wrong key of `caller`.
   *
   * @throws ServiceError `rate_limited` from the eleventh within fifteen minutes on
   */
  count(caller: string): Promise<void>
}

/** The keys are counted in this process, or at all instances together where there is a `redis`. */
export function createWrongKeyLimit({ redis }: { redis?: RedisConnections | undefined } = {}): WrongKeyLimit {
  const failures = createFixedWindow({
    name: 'wrong-keys',
    limit: MAX_FAILURES,
    windowSeconds: WINDOW_SECONDS,
    redis,
  })
  return {
    async count(caller) {
      const { isWithin, resetMs } = await failures.count(caller)
      if (isWithin) return
      throw new ServiceError('rate_limited', 'Too many wrong keys; try again later, or send the right one', {
        retryAfterMs: resetMs,
      })
    },
  }
}
