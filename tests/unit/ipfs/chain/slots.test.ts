import { afterEach, describe, expect, inject, it } from 'vitest'
import { createSharedSlots } from '#lib/ipfs/chain/shared-slots.ts'
import { createLocalSlots } from '#lib/ipfs/chain/slots.ts'
import { ownPrefix, testRedis } from '../../../support/redis.ts'
import { type RedisServer, startRedis } from '../../../support/servers/redis.ts'
import { until } from '../../../support/until.ts'
import { describeProviderSlots } from './slots-conformance.ts'

const sharedUrl = inject('redisUrl') ?? ''
const never = new AbortController().signal

describeProviderSlots('of one process', {
  create(options) {
    const slots = createLocalSlots(options)
    return [slots, slots]
  },
})

function instanceOf(options: { url?: string; prefix: string; limit: number; leaseMs?: number }) {
  const { url = sharedUrl, prefix, ...rest } = options
  const redis = testRedis({ url, prefix })
  return { redis, slots: createSharedSlots({ redis, ...rest }) }
}

const holders = async ({ redis }: ReturnType<typeof instanceOf>, provider = 'pinata') =>
  (await redis.shared()).zcard(`${redis.prefix}slots:${provider}`)

describe.skipIf(!sharedUrl)('slots shared over Redis', () => {
  describeProviderSlots('of two instances', {
    create({ limit }) {
      const prefix = ownPrefix()
      return [instanceOf({ prefix, limit }).slots, instanceOf({ prefix, limit }).slots]
    },
  })

  it('become free by themselves when their instance is killed', async () => {
    const prefix = ownPrefix()
    const options = { prefix, limit: 1, leaseMs: 400 }
    const [victim, heir] = [instanceOf(options), instanceOf(options)]
    await victim.slots.acquire('pinata', never)
    await victim.redis.close()
    expect(await holders(heir)).toBe(1)
    await heir.slots.acquire('pinata', AbortSignal.timeout(3000))
  })

  it('are kept by a living instance for longer than the lease', async () => {
    const options = { prefix: ownPrefix(), limit: 1, leaseMs: 1000 }
    const [holder, waiter] = [instanceOf(options), instanceOf(options)]
    const release = await holder.slots.acquire('pinata', never)
    await expect(waiter.slots.acquire('pinata', AbortSignal.timeout(2000))).rejects.toThrow('timeout')
    release()
    await waiter.slots.acquire('pinata', AbortSignal.timeout(3000))
  })
})

describe.skipIf(!sharedUrl)('slots shared over Redis, while Redis is away', () => {
  let server: RedisServer
  afterEach(() => server.stop())

  it('are each instance’s own at once, and shared again when Redis is back', async () => {
    server = await startRedis()
    const options = { url: server.url, prefix: ownPrefix(), limit: 1, leaseMs: 400 }
    const [left, right] = [instanceOf(options), instanceOf(options)]
    const releaseEarly = await left.slots.acquire('pinata', never)
    await server.stop()

    const startedAt = performance.now()
    const releaseOther = await right.slots.acquire('pinata', never)
    expect(performance.now() - startedAt).toBeLessThan(500)
    // The limit holds within each of them.
    await expect(left.slots.acquire('pinata', AbortSignal.timeout(300))).rejects.toThrow('timeout')
    releaseEarly()
    releaseOther()
    const releaseLate = await left.slots.acquire('pinata', never)

    await server.start()
    for (const { redis } of [left, right]) {
      const client = await redis.shared()
      await until('Redis to be back', () => client.status === 'ready')
    }
    releaseLate()
    await left.slots.acquire('pinata', never)
    expect(await holders(right)).toBe(1)
    await expect(right.slots.acquire('pinata', AbortSignal.timeout(300))).rejects.toThrow('timeout')
  })

  it('are given to an instance that waits for one in Redis when Redis goes away', async () => {
    server = await startRedis()
    const options = { url: server.url, prefix: ownPrefix(), limit: 1 }
    const [left, right] = [instanceOf(options), instanceOf(options)]
    await left.slots.acquire('pinata', never)
    const waiting = right.slots.acquire('pinata', never)
    await server.stop()
    await waiting
  })

  it('are exceeded for no longer than the running uploads when Redis was emptied', async () => {
    server = await startRedis()
    const options = { url: server.url, prefix: ownPrefix(), limit: 1, leaseMs: 1000 }
    const [left, right] = [instanceOf(options), instanceOf(options)]
    const release = await left.slots.acquire('pinata', never)
    await server.empty()
    await right.slots.acquire('pinata', AbortSignal.timeout(3000))
    // The late release takes nothing from the new holder.
    release()
    expect(await holders(left)).toBe(1)
  })
})
