import type { RedisConnections } from '#lib/redis/connections.ts'
import { createFixedWindow } from './fixed-window.ts'

/** What a caller may still do after a request was counted. */
export interface Allowance {
  isAllowed: boolean
  /** The headers `RateLimit` and `RateLimit-Policy` of the answer. */
  headers: Record<string, string>
  /** Milliseconds until the caller's window ends. */
  resetMs: number
}

export interface RateLimiter {
  /** Counts one request of the caller `key`. */
  take(key: string): Promise<Allowance>
}

/**
 * Allows each caller `limit` requests in a window, at all instances together where there is a `redis`. The window begins
 * with the first of them.
 *
 * @see https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-10.html
 */
export function createRateLimiter(options: {
  limit: number
  windowSeconds: number
  redis?: RedisConnections | undefined
}): RateLimiter {
  const window = createFixedWindow({ name: 'requests', ...options })
  const policy = `"default";q=${options.limit};w=${options.windowSeconds}`
  return {
    async take(key) {
      const { isWithin: isAllowed, remaining, resetMs } = await window.count(key)
      const state = `"default";r=${remaining};t=${Math.ceil(resetMs / 1000)}`
      return { isAllowed, resetMs, headers: { RateLimit: state, 'RateLimit-Policy': policy } }
    },
  }
}
