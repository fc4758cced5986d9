import { describe, expect, inject, it } from 'vitest'
import { createSignInLimit, type SignInLimit } from '#lib/limits/sign-in-limit.ts'
import { ownPrefix, testRedis } from '../../support/redis.ts'

const url = inject('redisUrl') ?? ''

describeSignInLimit('of one process', () => {
  const limit = createSignInLimit()
  return [limit, limit]
})

describe.skipIf(!url)('with Redis', () => {
  describeSignInLimit('of two instances', () => {
    const prefix = ownPrefix()
    const instance = () => createSignInLimit({ redis: testRedis({ url, prefix }) })
    return [instance(), instance()]
  })
})

function describeSignInLimit(name: string, create: () => [SignInLimit, SignInLimit]) {
  describe(`the sign-in limit ${name}`, () => {
    const wrong = new Error('The key is wrong')
    const fail = () => {
      throw wrong
    }
    const succeed = () => {}

    it('refuses a caller after ten failed attempts, even with the right key', async () => {
      const limits = create()
      for (let attempt = 0; attempt < 10; attempt += 1) {
        await expect(limits[attempt % 2 ? 0 : 1]('caller', fail)).rejects.toBe(wrong)
      }
      const refusal = { code: 'rate_limited', retryAfterMs: expect.closeTo(900_000, -4) }
      for (const limit of limits) await expect(limit('caller', succeed)).rejects.toMatchObject(refusal)
      await limits[0]('another caller', succeed)
    })

    it('counts anew once the caller has signed in', async () => {
      const [left, right] = create()
      for (let attempt = 0; attempt < 9; attempt += 1) await left('caller', fail).catch(() => {})
      await right('caller', succeed)
      await expect(left('caller', fail)).rejects.toBe(wrong)
      await left('caller', succeed)
    })

    it('runs no more than ten of many attempts at once', async () => {
      const limits = create()
      let attempted = 0
      const attempts = Array.from({ length: 40 }, (_, index) =>
        limits[index % 2 ? 0 : 1]('caller', () => {
          attempted += 1
          fail()
        }),
      )
      await Promise.allSettled(attempts)
      expect(attempted).toBe(10)
    })
  })
}
