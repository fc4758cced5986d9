import { describe, expect, it } from 'vitest'
import type { RateLimiter } from '#lib/limits/rate-limit.ts'
import { until } from '../../support/until.ts'

export interface RateLimiterSubject {
  /** Two limiters with the same counts, as two requests or two instances use them. */
  create(options: { limit: number; windowSeconds: number }): [RateLimiter, RateLimiter]
}

/** What every adapter of `RateLimiter` promises. */
export function describeRateLimiter(name: string, { create }: RateLimiterSubject) {
  describe(`the rate limiter ${name}`, () => {
    it('allows as many requests as the limit says, whichever instance they come to', async () => {
      const [left, right] = create({ limit: 3, windowSeconds: 60 })
      const allowances = []
      for (const limiter of [left, right, left, right, left]) allowances.push(await limiter.take('caller'))
      expect(allowances.map(({ isAllowed }) => isAllowed)).toEqual([true, true, true, false, false])
    })

    it('states what remains, never below zero, and when the window ends', async () => {
      const [limiter] = create({ limit: 2, windowSeconds: 60 })
      for (const remaining of [1, 0, 0, 0]) {
        const { headers, resetMs } = await limiter.take('caller')
        expect(headers.RateLimit).toMatch(new RegExp(`^"default";r=${remaining};t=(60|59)$`))
        expect(headers['RateLimit-Policy']).toBe('"default";q=2;w=60')
        expect(resetMs).toBeGreaterThan(58_000)
        expect(resetMs).toBeLessThanOrEqual(60_000)
      }
    })

    it('counts the requests of each caller separately', async () => {
      const [limiter] = create({ limit: 1, windowSeconds: 60 })
      for (const caller of ['key:a', 'key:b', 'address:::1']) {
        expect(await limiter.take(caller)).toMatchObject({ isAllowed: true })
      }
    })

    it('counts exactly when many requests come at once', async () => {
      const limiters = create({ limit: 50, windowSeconds: 60 })
      const takes = Array.from({ length: 200 }, (_, index) => limiters[index % 2]?.take('caller'))
      const allowed = (await Promise.all(takes)).filter((allowance) => allowance?.isAllowed)
      expect(allowed).toHaveLength(50)
    })

    it('allows a caller again when the window has ended, however often it was refused before', async () => {
      const [left, right] = create({ limit: 1, windowSeconds: 1 })
      await left.take('caller')
      expect(await right.take('caller')).toMatchObject({ isAllowed: false })
      await until('the next window', async () => (await right.take('caller')).isAllowed, { timeoutMs: 3000 })
      expect(await left.take('caller')).toMatchObject({ isAllowed: false })
    })
  })
}
