import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterEach, describe, expect, inject, it, onTestFinished } from 'vitest'
import type { Redis } from '#lib/redis/connections.ts'
import { testRedis } from '../../support/redis.ts'
import { type RedisServer, startRedis } from '../../support/servers/redis.ts'
import { until } from '../../support/until.ts'

const url = inject('redisUrl') ?? ''
/** A connection that waited for Redis would take seconds. */
const AT_ONCE_MS = 900

async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work().catch(() => {})
  return performance.now() - startedAt
}

describe.skipIf(!url)('a connection to Redis', () => {
  it('answers commands', async () => {
    const redis = testRedis({ url })
    const client = await redis.shared()
    await client.set(`${redis.prefix}greeting`, 'hello', 'EX', 60)
    expect(await client.get(`${redis.prefix}greeting`)).toBe('hello')
  })

  it('survives two errors of one socket, as TLS may have them', async () => {
    const client = await testRedis({ url }).shared()
    client.stream.emit('error', new Error('read ECONNRESET'))
    client.stream.emit('error', new Error('tlsv1 alert decode error'))
    expect(await client.ping()).toBe('PONG')
  })

  it('is the same for all who ask for the shared one', async () => {
    const redis = testRedis({ url })
    expect(await redis.shared()).toBe(await redis.shared())
    expect(await redis.open('commands')).not.toBe(await redis.shared())
  })

  it('receives the messages of a channel, and still answers pings', async () => {
    const redis = testRedis({ url })
    const subscriber = await redis.open('subscription')
    const messages: string[] = []
    subscriber.on('message', (_channel, message) => messages.push(message))
    await subscriber.subscribe(redis.channel('news'))
    await subscriber.ping()
    await (await redis.shared()).publish(redis.channel('news'), 'it works')
    await until('the message', () => messages.includes('it works'))
  })

  it('of the kind `blocking` waits longer than other commands may take', async () => {
    const redis = testRedis({ url })
    const client = await redis.open('blocking')
    expect(await client.blpop(`${redis.prefix}nothing`, 0.7)).toBeNull()
  })

  it('names channels apart for each database', () => {
    const names = [`${url}/0`, `${url}/1`].map((each) =>
      testRedis({ url: each, prefix: 'p:' }).channel('news'),
    )
    expect(names).toEqual(['p:0:news', 'p:1:news'])
    expect(testRedis({ url, prefix: 'p:' }).channel('news')).toBe('p:0:news')
  })

  it('is refused once all connections are closed', async () => {
    const redis = testRedis({ url })
    const client = await redis.shared()
    const ended = once(client, 'end')
    await redis.close()
    await ended
    await expect(client.ping()).rejects.toThrow()
    await expect(redis.open('commands')).rejects.toThrow('closed')
    expect(redis.lines).toEqual([])
  })
})

describe.skipIf(!url)('a connection to Redis, while Redis is away', () => {
  let server: RedisServer
  afterEach(() => server.stop())

  it('fails commands at once, and logs one line when the outage begins and one when it ends', async () => {
    server = await startRedis()
    const redis = testRedis({ url: server.url })
    const client = await redis.shared()
    const subscriber = await redis.open('subscription')
    const counts = [client, subscriber].map(reconnectsOf)
    await server.stop()
    expect(await elapsedMs(() => client.ping())).toBeLessThan(AT_ONCE_MS)
    await until('several attempts to reconnect', () => counts.every((count) => count() >= 4))
    expect(redis.lines.map(({ msg }) => msg)).toEqual([expect.stringContaining('Redis is away')])
    expect(redis.isAway()).toBe(true)
    await server.start()
    await until('Redis to be back', () => redis.lines.length === 2)
    expect(redis.lines[1]?.msg).toBe('Redis is back')
    expect(redis.isAway()).toBe(false)
    expect(await client.ping()).toBe('PONG')
    await subscriber.subscribe('anything')
  })

  it('is opened all the same, and becomes ready later', async () => {
    server = await startRedis()
    await server.stop()
    const redis = testRedis({ url: server.url })
    let client: Redis | undefined
    const connect = async () => {
      client = await redis.shared()
    }
    expect(await elapsedMs(connect)).toBeLessThan(2000)
    await expect(client?.ping()).rejects.toThrow()
    await server.start()
    await until('Redis to be back', () => client?.status === 'ready')
  })

  it('is closed without waiting', async () => {
    server = await startRedis()
    const redis = testRedis({ url: server.url })
    for (const use of ['commands', 'subscription', 'blocking'] as const) await redis.open(use)
    await server.stop()
    expect(await elapsedMs(() => redis.close())).toBeLessThan(AT_ONCE_MS)
  })

  it('is replaced when Redis hangs, and its commands fail soon', async () => {
    server = await startRedis()
    const redis = testRedis({ url: server.url })
    const subscriber = await redis.open('subscription')
    const client = await redis.shared()
    await client.client('PAUSE', 4000, 'ALL')
    expect(await elapsedMs(() => client.ping())).toBeLessThan(AT_ONCE_MS)
    await until('both to be dropped', () => client.status !== 'ready' && subscriber.status !== 'ready')
    expect(await elapsedMs(() => client.ping())).toBeLessThan(50)
    await until('both to be ready again', () => client.status === 'ready' && subscriber.status === 'ready')
    expect(redis.lines).toHaveLength(2)
  })
})

/** Counts from now on how often `client` tries to reconnect. */
function reconnectsOf(client: Redis): () => number {
  let count = 0
  client.on('reconnecting', () => {
    count += 1
  })
  return () => count
}

describe.skipIf(!url)('a connection to a Redis with a password', () => {
  let server: RedisServer
  afterEach(() => server.stop())

  it('authenticates with the password of the URL, and never logs it', async () => {
    server = await startRedis()
    await (await testRedis({ url: server.url }).shared()).config('SET', 'requirepass', 's3cr:t/ä')
    const withPassword = (password: string) => server.url.replace('//', `//:${encodeURIComponent(password)}@`)
    expect(await (await testRedis({ url: withPassword('s3cr:t/ä') }).shared()).ping()).toBe('PONG')
    const refused = testRedis({ url: withPassword('wrong-password') })
    await expect(refused.shared().then((client) => client.ping())).rejects.toThrow()
    expect(JSON.stringify(refused.lines)).toContain('WRONGPASS')
    expect(JSON.stringify(refused.lines)).not.toContain('wrong-password')
  })
})

it('a connection by rediss:// uses TLS', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const connection = once(server, 'connection')
  testRedis({ url: `rediss://127.0.0.1:${port}` })
    .shared()
    .catch(() => {})
  const [socket] = await connection
  const [bytes] = await once(socket, 'data')
  socket.destroy()
  // The first byte of a TLS handshake record.
  expect(bytes[0]).toBe(0x16)
})
