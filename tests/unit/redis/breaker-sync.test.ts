import { afterEach, describe, expect, inject, it } from 'vitest'
import { createBreakerSync } from '#lib/redis/breaker-sync.ts'
import type { RedisConnections } from '#lib/redis/connections.ts'
import { unavailable, unreachable } from '../../support/fake-provider.ts'
import { ownPrefix, testRedis } from '../../support/redis.ts'
import { type RedisServer, startRedis } from '../../support/servers/redis.ts'
import { until } from '../../support/until.ts'
import { chainOf, stateOf } from '../ipfs/chain/chain-subject.ts'

const sharedUrl = inject('redisUrl') ?? ''

/** A chain with a clock of its own, which publishes the changes of its breakers. */
function instance({ url = sharedUrl, prefix }: { url?: string; prefix: string }) {
  let passed = () => 0
  const redis = testRedis({ url, prefix })
  const breakerSync = createBreakerSync({ redis, now: () => passed() })
  const world = chainOf(['pinata', 'kubo'], { breakerSync })
  passed = () => world.clock.passed()
  const state = (name = 'pinata') => stateOf(world.chain, name)
  return {
    ...world,
    redis,
    state,
    async openBreaker() {
      world.first.always(unreachable())
      await world.upload()
      await world.upload()
    },
    shows: (wanted: string, name = 'pinata') => until(`${name} ${wanted}`, () => state(name) === wanted),
  }
}

const healthy = { failuresInARow: 0, coolDowns: 0, coolDownMs: null, probeMs: null, suspicionMs: null }

/** Resolves when all have subscribed to the channel. */
async function subscribed(...instances: { redis: RedisConnections }[]) {
  for (const { redis } of instances) {
    const client = await redis.shared()
    await until('all to have subscribed', async () => {
      const [, subscribers] = (await client.pubsub('NUMSUB', redis.channel('breakers'))) as [string, number]
      return client.status === 'ready' && subscribers === instances.length
    })
  }
}

async function twoInstances() {
  const prefix = ownPrefix()
  const [left, right] = [instance({ prefix }), instance({ prefix })]
  await subscribed(left, right)
  return { left, right, prefix }
}

describe.skipIf(!sharedUrl)('two instances that share breakers over Redis', () => {
  it('both skip a provider whose breaker opened at one of them', async () => {
    const { left, right } = await twoInstances()
    await left.openBreaker()
    await right.shows('open')
    expect(await right.upload()).toMatchObject({ provider: 'kubo' })
    expect(right.first.uploads).toEqual([])
    expect(right.state('kubo')).toBe('closed')
  })

  it('probe a provider one at a time, and both use it when the probe succeeds', async () => {
    const { left, right } = await twoInstances()
    await left.openBreaker()
    await right.shows('open')
    for (const { clock } of [left, right]) await clock.advance(10_000)
    expect([left.state(), right.state()]).toEqual(['half_open', 'half_open'])
    let take = (_: { cid: string }) => {}
    const taken = new Promise<{ cid: string }>((resolve) => {
      take = resolve
    })
    right.first.always(() => taken)
    const probe = right.start()
    await left.shows('open')
    expect(await left.upload()).toMatchObject({ provider: 'kubo' })
    take({ cid: 'bafk' })
    await probe
    await left.shows('closed')
    left.first.always('store')
    expect(await left.upload({ priority: 'interactive' })).toMatchObject({ provider: 'pinata' })
  })

  it('both end a cool-down that an operator has reset at one of them', async () => {
    const { left, right } = await twoInstances()
    await left.openBreaker()
    await right.shows('open')
    right.chain.resetCoolDowns()
    await left.shows('half_open')
  })

  it('publish one message for each change, and none for a state that they receive', async () => {
    const { left, right, prefix } = await twoInstances()
    const listener = await testRedis({ url: sharedUrl, prefix }).open('subscription')
    const messages: string[] = []
    listener.on('message', (_, message) => messages.push(message))
    await listener.subscribe(left.redis.channel('breakers'))
    await left.openBreaker()
    await right.shows('open')
    right.chain.resetCoolDowns()
    await left.shows('half_open')
    const end = JSON.stringify({ from: 'nobody', provider: 'the end' })
    await (await left.redis.shared()).publish(left.redis.channel('breakers'), end)
    await until('the end', () => messages.includes(end))
    expect(messages.map((message) => JSON.parse(message).provider)).toEqual(['pinata', 'pinata', 'the end'])
  })

  it('ignore messages that they cannot parse', async () => {
    const { left, right } = await twoInstances()
    const client = await left.redis.shared()
    const snapshot = { failuresInARow: 8, coolDowns: 1, coolDownMs: -1, probeMs: null }
    for (const text of ['', '{', JSON.stringify({ from: 'x', provider: 'pinata', snapshot })]) {
      await client.publish(left.redis.channel('breakers'), text)
    }
    await left.openBreaker()
    await right.shows('open')
  })

  it('agree in the end when both publish at once', async () => {
    const prefix = ownPrefix()
    const instances = [0, 1].map(() => {
      const redis = testRedis({ url: sharedUrl, prefix })
      const breakerSync = createBreakerSync({ redis, now: () => 0 })
      const instance = { redis, breakerSync, coolDowns: 0, ends: 0 }
      breakerSync.subscribe(['pinata', 'kubo'], (provider, { coolDowns }) => {
        if (provider === 'pinata') instance.coolDowns = coolDowns
        else instance.ends = coolDowns
      })
      return instance
    })
    await subscribed(...instances)
    for (let round = 1; round <= 50; round += 1) {
      for (const [index, each] of instances.entries()) {
        each.coolDowns = 2 * round + index
        each.breakerSync.publish('pinata', { ...healthy, coolDowns: each.coolDowns })
      }
      for (const { redis } of instances) await (await redis.shared()).ping()
      const end = { from: 'a third', provider: 'kubo', snapshot: { ...healthy, coolDowns: round } }
      const { redis } = instances[0] as (typeof instances)[0]
      await (await redis.shared()).publish(redis.channel('breakers'), JSON.stringify(end))
      await until('both to have received all', () => instances.every(({ ends }) => ends === round))
      expect(instances[0]?.coolDowns).toBe(instances[1]?.coolDowns)
    }
  })

  it('hand what is left of a cool-down to an instance that starts later', async () => {
    const { left, prefix } = await twoInstances()
    left.first.next(unavailable(300_000))
    await left.upload()
    const late = instance({ prefix })
    await late.shows('open')
    await late.clock.advance(299_000)
    expect(late.state()).toBe('open')
    await late.clock.advance(1001)
    expect(late.state()).toBe('half_open')
  })
})

describe.skipIf(!sharedUrl)('two instances that share breakers, while Redis is away', () => {
  let server: RedisServer
  afterEach(() => server.stop())

  it('find out for themselves, and publish it when Redis is back', async () => {
    server = await startRedis()
    const prefix = ownPrefix()
    const [left, right] = [instance({ url: server.url, prefix }), instance({ url: server.url, prefix })]
    await subscribed(left, right)
    await server.stop()
    await left.openBreaker()
    expect([left.state(), right.state()]).toEqual(['open', 'closed'])
    await server.start()
    await right.shows('open')
    await subscribed(left, right)
    right.chain.resetCoolDowns()
    await left.shows('half_open')
  })

  it('work from the start, and share when Redis comes', async () => {
    server = await startRedis()
    await server.stop()
    const prefix = ownPrefix()
    const [left, right] = [instance({ url: server.url, prefix }), instance({ url: server.url, prefix })]
    await left.openBreaker()
    expect(await right.upload()).toMatchObject({ provider: 'pinata' })
    await server.start()
    await right.shows('open')
  })

  it('read what they missed when their subscription was cut off', async () => {
    server = await startRedis()
    const prefix = ownPrefix()
    const [left, right] = [instance({ url: server.url, prefix }), instance({ url: server.url, prefix })]
    await subscribed(left, right)
    const client = await left.redis.shared()
    await client.set(`${prefix}breaker:kubo`, 'from another version')
    const snapshot = { failuresInARow: 8, coolDowns: 1, coolDownMs: 10_000, probeMs: null }
    const change = JSON.stringify({ from: 'somebody', provider: 'pinata', snapshot })
    await client.set(`${prefix}breaker:pinata`, change, 'PX', 3_610_000)
    expect(right.state()).toBe('closed')
    await client.client('KILL', 'TYPE', 'pubsub')
    await right.shows('open')
    expect(right.state('kubo')).toBe('closed')
  })
})
