import { describe, expect, inject, it } from 'vitest'
import { createSignInLimit, type SignInLimit } from '#lib/limits/sign-in-limit.ts'
import { ownPrefix, testRedis } from '../../support/redis.ts'

const url = inject('redisUrl') ?? ''

describeSignInLimit('in one process', () => {
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

    it('lets ten tries fail, and then nobody in, not even with the key', async () => {
      const limits = create()
      for (let tries = 0; tries < 10; tries += 1) {
        await expect(limits[tries % 2 ? 0 : 1]('caller', fail)).rejects.toBe(wrong)
      }
      const refusal = { code: 'rate_limited', retryAfterMs: expect.closeTo(900_000, -4) }
      for (const limit of limits) await expect(limit('caller', succeed)).rejects.toMatchObject(refusal)
      await limits[0]('another caller', succeed)
    })

    it('forgets failures once the caller is in', async () => {
      const [left, right] = create()
      for (let tries = 0; tries < 9; tries += 1) await left('caller', fail).catch(() => {})
      await right('caller', succeed)
      await expect(left('caller', fail)).rejects.toBe(wrong)
      await left('caller', succeed)
    })

    it('gains nobody anything by many tries at once', async () => {
      const limits = create()
      let tried = 0
      const tries = Array.from({ length: 40 }, (_, index) =>
        limits[index % 2 ? 0 : 1]('caller', () => {
          tried += 1
          fail()
        }),
      )
      await Promise.allSettled(tries)
      expect(tried).toBe(10)
    })
  })
}
