import { describe, expect, inject, it } from 'vitest'
import { createWrongKeyLimit, type WrongKeyLimit } from '#lib/limits/wrong-key-limit.ts'
import { ownPrefix, testRedis } from '../../support/redis.ts'

const url = inject('redisUrl') ?? ''

describeWrongKeyLimit('of one process', () => {
  const limit = createWrongKeyLimit()
  return [limit, limit]
})

describe.skipIf(!url)('with Redis', () => {
  describeWrongKeyLimit('of two instances', () => {
    const prefix = ownPrefix()
    const instance = () => createWrongKeyLimit({ redis: testRedis({ url, prefix }) })
    return [instance(), instance()]
  })
})

function describeWrongKeyLimit(name: string, create: () => [WrongKeyLimit, WrongKeyLimit]) {
  describe(`the limit on wrong keys ${name}`, () => {
    it('refuses a caller from the eleventh on, and nobody else', async () => {
      const limits = create()
      for (let attempt = 0; attempt < 10; attempt += 1) await limits[attempt % 2 ? 0 : 1].count('caller')
      const refusal = { code: 'rate_limited', retryAfterMs: expect.closeTo(900_000, -4) }
      for (const limit of limits) await expect(limit.count('caller')).rejects.toMatchObject(refusal)
      await limits[0].count('another caller')
    })

    it('lets no more than ten of many at once pass', async () => {
      const limits = create()
      const attempts = Array.from({ length: 40 }, (_, index) => limits[index % 2 ? 0 : 1].count('caller'))
      const outcomes = await Promise.allSettled(attempts)
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
    })
  })
}
