import { afterEach, describe, expect, inject, it } from 'vitest'
import { createBreakerSync } from '#lib/ipfs/chain/breaker-sync.ts'
import type { RedisConnections } from '#lib/redis/connections.ts'
import { unavailable } from '../../../support/fake-provider.ts'
import { ownPrefix, testRedis } from '../../../support/redis.ts'
import { type RedisServer, startRedis } from '../../../support/servers/redis.ts'
import { until } from '../../../support/until.ts'
import { chainOf, stateOf } from './chain-subject.ts'

const sharedUrl = inject('redisUrl') ?? ''

/** A chain of its own clock, which says on the channel what it finds out. */
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
    async fallSick() {
      world.first.always(unavailable())
      await world.upload()
      await world.upload()
    },
    shows: (wanted: string, name = 'pinata') => until(`${name} ${wanted}`, () => state(name) === wanted),
  }
}

const healthy = { failuresInARow: 0, coolDowns: 0, coolDownMs: null, probeMs: null }

/** Resolves when both hear each other. */
async function inTouch(...instances: { redis: RedisConnections }[]) {
  for (const { redis } of instances) {
    const client = await redis.shared()
    await until('everybody on the channel', async () => {
      const [, listeners] = (await client.pubsub('NUMSUB', redis.channel('breakers'))) as [string, number]
      return client.status === 'ready' && listeners === instances.length
    })
  }
}

async function twoInstances() {
  const prefix = ownPrefix()
  const [left, right] = [instance({ prefix }), instance({ prefix })]
  await inTouch(left, right)
  return { left, right, prefix }
}

describe.skipIf(!sharedUrl)('two instances', () => {
  it('rest a provider that one of them has found sick', async () => {
    const { left, right } = await twoInstances()
    await left.fallSick()
    await right.shows('open')
    expect(await right.upload()).toMatchObject({ provider: 'kubo' })
    expect(right.first.uploads).toEqual([])
    expect(right.state('kubo')).toBe('closed')
  })

  it('probe one at a time, and use it both when the probe succeeds', async () => {
    const { left, right } = await twoInstances()
    await left.fallSick()
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

  it('end their coolDowns together when an operator says so', async () => {
    const { left, right } = await twoInstances()
    await left.fallSick()
    await right.shows('open')
    right.chain.resetCoolDowns()
    await left.shows('half_open')
  })

  it('do not answer each other: one piece of news is one message', async () => {
    const { left, right, prefix } = await twoInstances()
    const listener = await testRedis({ url: sharedUrl, prefix }).open('subscription')
    const messages: string[] = []
    listener.on('message', (_, message) => messages.push(message))
    await listener.subscribe(left.redis.channel('breakers'))
    await left.fallSick()
    await right.shows('open')
    right.chain.resetCoolDowns()
    await left.shows('half_open')
    const ends = JSON.stringify({ from: 'nobody', provider: 'the end' })
    await (await left.redis.shared()).publish(left.redis.channel('breakers'), ends)
    await until('the end', () => messages.includes(ends))
    expect(messages.map((message) => JSON.parse(message).provider)).toEqual(['pinata', 'pinata', 'the end'])
  })

  it('pay no attention to what they do not understand', async () => {
    const { left, right } = await twoInstances()
    const client = await left.redis.shared()
    const snapshot = { failuresInARow: 8, coolDowns: 1, coolDownMs: -1, probeMs: null }
    for (const text of ['', '{', JSON.stringify({ from: 'x', provider: 'pinata', snapshot })]) {
      await client.publish(left.redis.channel('breakers'), text)
    }
    await left.fallSick()
    await right.shows('open')
  })

  it('agree in the end when both say something at once', async () => {
    const prefix = ownPrefix()
    const speakers = [0, 1].map(() => {
      const redis = testRedis({ url: sharedUrl, prefix })
      const breakerSync = createBreakerSync({ redis, now: () => 0 })
      const speaker = { redis, breakerSync, believes: 0, heard: 0 }
      breakerSync.subscribe(['pinata', 'kubo'], (provider, { coolDowns }) => {
        if (provider === 'pinata') speaker.believes = coolDowns
        else speaker.heard = coolDowns
      })
      return speaker
    })
    await inTouch(...speakers)
    for (let round = 1; round <= 50; round += 1) {
      for (const [index, speaker] of speakers.entries()) {
        speaker.believes = 2 * round + index
        speaker.breakerSync.publish('pinata', { ...healthy, coolDowns: speaker.believes })
      }
      for (const { redis } of speakers) await (await redis.shared()).ping()
      const end = { from: 'a third', provider: 'kubo', snapshot: { ...healthy, coolDowns: round } }
      const { redis } = speakers[0] as (typeof speakers)[0]
      await (await redis.shared()).publish(redis.channel('breakers'), JSON.stringify(end))
      await until('both to have heard all', () => speakers.every(({ heard }) => heard === round))
      expect(speakers[0]?.believes).toBe(speakers[1]?.believes)
    }
  })

  it('one that starts later learns what is left of a rest', async () => {
    const { left, prefix } = await twoInstances()
    left.first.next(unavailable(3_600_000))
    await left.upload()
    const late = instance({ prefix })
    await late.shows('open')
    await late.clock.advance(3_599_000)
    expect(late.state()).toBe('open')
    await late.clock.advance(1001)
    expect(late.state()).toBe('half_open')
  })
})

describe.skipIf(!sharedUrl)('while Redis is away', () => {
  let server: RedisServer
  afterEach(() => server.stop())

  it('each instance finds out for itself, and tells the others when it is back', async () => {
    server = await startRedis()
    const prefix = ownPrefix()
    const [left, right] = [instance({ url: server.url, prefix }), instance({ url: server.url, prefix })]
    await inTouch(left, right)
    await server.stop()
    await left.fallSick()
    expect([left.state(), right.state()]).toEqual(['open', 'closed'])
    await server.start()
    await right.shows('open')
    await inTouch(left, right)
    right.chain.resetCoolDowns()
    await left.shows('half_open')
  })

  it('from the start, everything works, and the gossip begins when it comes', async () => {
    server = await startRedis()
    await server.stop()
    const prefix = ownPrefix()
    const [left, right] = [instance({ url: server.url, prefix }), instance({ url: server.url, prefix })]
    await left.fallSick()
    expect(await right.upload()).toMatchObject({ provider: 'pinata' })
    await server.start()
    await right.shows('open')
  })

  it('one that was deaf for a while reads what it has missed', async () => {
    server = await startRedis()
    const prefix = ownPrefix()
    const [left, right] = [instance({ url: server.url, prefix }), instance({ url: server.url, prefix })]
    await inTouch(left, right)
    const client = await left.redis.shared()
    await client.set(`${prefix}breaker:kubo`, 'from another version')
    const snapshot = { failuresInARow: 8, coolDowns: 1, coolDownMs: 10_000, probeMs: null }
    const news = JSON.stringify({ from: 'somebody', provider: 'pinata', snapshot })
    await client.set(`${prefix}breaker:pinata`, news, 'PX', 3_610_000)
    expect(right.state()).toBe('closed')
    await client.client('KILL', 'TYPE', 'pubsub')
    await right.shows('open')
    expect(right.state('kubo')).toBe('closed')
  })
})
