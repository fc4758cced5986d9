import { afterEach, describe, expect, inject, it } from 'vitest'
import { createRateLimiter, type RateLimiter } from '#lib/limits/rate-limit.ts'
import { ownPrefix, testRedis } from '../../support/redis.ts'
import { type RedisServer, startRedis } from '../../support/servers/redis.ts'
import { until } from '../../support/until.ts'
import { describeRateLimiter } from './rate-limiter-conformance.ts'

const url = inject('redisUrl') ?? ''

describeRateLimiter('of one process', {
  create(options) {
    const limiter = createRateLimiter(options)
    return [limiter, limiter]
  },
})

describe.skipIf(!url)('with Redis', () => {
  describeRateLimiter('of two instances', { create: (options) => twoInstances(url, options) })
})

function twoInstances(
  at: string,
  options: { limit: number; windowSeconds: number },
): [RateLimiter, RateLimiter] {
  const prefix = ownPrefix()
  const instance = () => createRateLimiter({ ...options, redis: testRedis({ url: at, prefix }) })
  return [instance(), instance()]
}

describe.skipIf(!url)('the rate limiter of two instances, while Redis is away', () => {
  let server: RedisServer
  afterEach(() => server.stop())

  it('counts at each instance without waiting, and together again when Redis is back', async () => {
    server = await startRedis()
    const [left, right] = twoInstances(server.url, { limit: 1, windowSeconds: 60 })
    await left.take('caller')
    expect(await right.take('caller')).toMatchObject({ isAllowed: false })

    await server.stop()
    const startedAt = performance.now()
    for (const limiter of [left, right]) {
      expect(await limiter.take('caller')).toMatchObject({ isAllowed: true })
      expect(await limiter.take('caller')).toMatchObject({ isAllowed: false })
    }
    expect(performance.now() - startedAt).toBeLessThan(500)

    await server.start()
    let count = 0
    await until('a common count', async () => {
      count += 1
      const caller = `caller ${count}`
      await left.take(caller)
      return !(await right.take(caller)).isAllowed
    })
  })

  it('makes the first request wait less than a second when Redis was never there', async () => {
    server = await startRedis()
    await server.stop()
    const [limiter] = twoInstances(server.url, { limit: 1, windowSeconds: 60 })
    const startedAt = performance.now()
    expect(await limiter.take('caller')).toMatchObject({ isAllowed: true })
    expect(performance.now() - startedAt).toBeLessThan(900)
  })
})
