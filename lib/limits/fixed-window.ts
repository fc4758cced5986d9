import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible'
import type { RedisConnections } from '#lib/redis/connections.ts'

/** The state of a key's window after something was counted. */
export interface Count {
  /** Whether the limit was not exceeded. */
  isWithin: boolean
  /** How much may still be counted in this window. */
  remaining: number
  /** Milliseconds until the window ends. */
  resetMs: number
}

/** Counts the actions of each `key`. A key's window begins with its first action, and ends `windowSeconds` later. */
export interface FixedWindow {
  /** Counts one more action of `key`. */
  count(key: string): Promise<Count>
  /** Sets the count of `key` back to none. */
  forget(key: string): Promise<void>
}

/**
 * Allows each key `limit` actions in a window. With `redis` all instances count together under `name`; while Redis is
 * away, or without it, each counts for itself.
 */
export function createFixedWindow(options: {
  name: string
  limit: number
  windowSeconds: number
  redis?: RedisConnections | undefined
}): FixedWindow {
  const { name, limit: points, windowSeconds: duration, redis } = options
  const local = new RateLimiterMemory({ points, duration })
  let shared: Promise<RateLimiterAbstract> | undefined

  async function connect(connections: RedisConnections): Promise<RateLimiterAbstract> {
    const storeClient = await connections.shared()
    const keyPrefix = `${connections.prefix}${name}`
    return new RateLimiterRedis({
      storeClient,
      keyPrefix,
      points,
      duration,
      insuranceLimiter: local,
      rejectIfRedisNotReady: true,
    })
  }

  async function limiter(): Promise<RateLimiterAbstract> {
    if (!redis) return local
    // Fails only while the service stops.
    shared ??= connect(redis).catch(() => local)
    return shared
  }

  return {
    async count(key) {
      const { isWithin, result } = await (await limiter()).consume(key).then(
        (result) => ({ isWithin: true, result }),
        (result: unknown) => {
          if (!(result instanceof RateLimiterRes)) throw result
          return { isWithin: false, result }
        },
      )
      return {
        isWithin,
        remaining: Math.max(0, result.remainingPoints),
        resetMs: Math.max(0, result.msBeforeNext),
      }
    },
    async forget(key) {
      await (await limiter()).delete(key)
    },
  }
}
