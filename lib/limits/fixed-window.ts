import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible'
import type { RedisConnections } from '#lib/redis/connections.ts'

/** What is left in a window after something was counted. */
export interface Count {
  isWithin: boolean
  remaining: number
  /** Until the window ends. */
  resetMs: number
}

/** Counts what each `key` does. A key's window begins with the first that it does, and ends `windowSeconds` later. */
export interface FixedWindow {
  /** Counts one more of `key`. */
  count(key: string): Promise<Count>
  /** Forgets what `key` did. */
  forget(key: string): Promise<void>
}

/**
 * Windows of which each holds `limit`. With `redis` all instances count together under `name`; while Redis is away, or
 * without it, each counts for itself.
 */
export function createFixedWindow(options: {
  name: string
  limit: number
  windowSeconds: number
  redis?: RedisConnections | undefined
}): FixedWindow {
  const { name, limit: points, windowSeconds: duration, redis } = options
  const own = new RateLimiterMemory({ points, duration })
  let together: Promise<RateLimiterAbstract> | undefined

  async function connect({ prefix, shared }: RedisConnections): Promise<RateLimiterAbstract> {
    const storeClient = await shared()
    const keyPrefix = `${prefix}${name}`
    return new RateLimiterRedis({
      storeClient,
      keyPrefix,
      points,
      duration,
      insuranceLimiter: own,
      rejectIfRedisNotReady: true,
    })
  }

  async function limiter(): Promise<RateLimiterAbstract> {
    if (!redis) return own
    // Refused only while the service stops.
    together ??= connect(redis).catch(() => own)
    return together
  }

  return {
    async count(key) {
      const { isWithin, left } = await (await limiter()).consume(key).then(
        (left) => ({ isWithin: true, left }),
        (left: unknown) => {
          if (!(left instanceof RateLimiterRes)) throw left
          return { isWithin: false, left }
        },
      )
      return {
        isWithin,
        remaining: Math.max(0, left.remainingPoints),
        resetMs: Math.max(0, left.msBeforeNext),
      }
    },
    async forget(key) {
      await (await limiter()).delete(key)
    },
  }
}
