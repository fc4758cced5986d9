import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'

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
 * Lets each caller make `limit` requests in each window. The window begins with the first of them.
 *
 * @see https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-10.html
 */
export function createRateLimiter({
  limit,
  windowSeconds,
}: {
  limit: number
  windowSeconds: number
}): RateLimiter {
  const limiter = new RateLimiterMemory({ points: limit, duration: windowSeconds })
  const policy = `"default";q=${limit};w=${windowSeconds}`
  return {
    async take(key) {
      const { isAllowed, left } = await limiter.consume(key).then(
        (left) => ({ isAllowed: true, left }),
        (left: unknown) => {
          if (!(left instanceof RateLimiterRes)) throw left
          return { isAllowed: false, left }
        },
      )
      const resetMs = Math.max(0, left.msBeforeNext)
      const rest = `"default";r=${Math.max(0, left.remainingPoints)};t=${Math.ceil(resetMs / 1000)}`
      return { isAllowed, resetMs, headers: { RateLimit: rest, 'RateLimit-Policy': policy } }
    },
  }
}
