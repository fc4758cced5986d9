import type { RedisConnections } from '#lib/redis/connections.ts'
import { createFixedWindow } from './fixed-window.ts'

/** What is left to a caller after a request. */
export interface Allowance {
  isAllowed: boolean
  /** `RateLimit` and `RateLimit-Policy`. */
  headers: Record<string, string>
  /** Until the caller's window ends. */
  resetMs: number
}

export interface RateLimiter {
  /** Counts one request of the caller `key`. */
  take(key: string): Promise<Allowance>
}

/**
 * Lets each caller make `limit` requests in each window, at all instances together where there is a `redis`. The window
 * begins with the first of them.
 *
 * @see https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-10.html
 */
export function createRateLimiter(options: {
  limit: number
  windowSeconds: number
  redis?: RedisConnections | undefined
}): RateLimiter {
  const windows = createFixedWindow({ name: 'requests', ...options })
  const policy = `"default";q=${options.limit};w=${options.windowSeconds}`
  return {
    async take(key) {
      const { isWithin: isAllowed, remaining, resetMs } = await windows.count(key)
      const rest = `"default";r=${remaining};t=${Math.ceil(resetMs / 1000)}`
      return { isAllowed, resetMs, headers: { RateLimit: rest, 'RateLimit-Policy': policy } }
    },
  }
}
