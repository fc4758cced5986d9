import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterEach, describe, expect, inject, it, onTestFinished } from 'vitest'
import type { Redis } from '#lib/redis/connections.ts'
import { testRedis } from '../../support/redis.ts'
import { type RedisServer, startRedis } from '../../support/servers/redis.ts'
import { until } from '../../support/until.ts'

const url = inject('redisUrl') ?? ''
/** A connection that waits for Redis would do so for seconds. */
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

  it('is shared by those who ask for commands', async () => {
    const redis = testRedis({ url })
    expect(await redis.shared()).toBe(await redis.shared())
    expect(await redis.open('commands')).not.toBe(await redis.shared())
  })

  it('hears what is said on a channel, and goes on answering heartbeats', async () => {
    const redis = testRedis({ url })
    const listener = await redis.open('subscription')
    const heard: string[] = []
    listener.on('message', (_channel, message) => heard.push(message))
    await listener.subscribe(redis.channel('news'))
    await listener.ping()
    await (await redis.shared()).publish(redis.channel('news'), 'it works')
    await until('the message', () => heard.includes('it works'))
  })

  it('waits as long as a blocking command does', async () => {
    const redis = testRedis({ url })
    const client = await redis.open('blocking')
    expect(await client.blpop(`${redis.prefix}nothing`, 0.7)).toBeNull()
  })

  it('keeps channels of different databases apart', () => {
    const names = [`${url}/0`, `${url}/1`].map((each) =>
      testRedis({ url: each, prefix: 'p:' }).channel('news'),
    )
    expect(names).toEqual(['p:0:news', 'p:1:news'])
    expect(testRedis({ url, prefix: 'p:' }).channel('news')).toBe('p:0:news')
  })

  it('is refused once all are closed', async () => {
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

describe.skipIf(!url)('while Redis is away', () => {
  let server: RedisServer
  afterEach(() => server.stop())

  it('commands fail at once, one line tells of it however long it lasts, another of its end', async () => {
    server = await startRedis()
    const redis = testRedis({ url: server.url })
    const client = await redis.shared()
    const listener = await redis.open('subscription')
    await server.stop()
    expect(await elapsedMs(() => client.ping())).toBeLessThan(AT_ONCE_MS)
    await until('many tries', () => Math.min(tries(client), tries(listener)) >= 4)
    expect(redis.lines.map(({ msg }) => msg)).toEqual([expect.stringContaining('Redis is away')])
    await server.start()
    await until('its return', () => redis.lines.length === 2)
    expect(redis.lines[1]?.msg).toBe('Redis is back')
    expect(await client.ping()).toBe('PONG')
    await listener.subscribe('anything')
  })

  it('a connection is given out all the same, and becomes ready later', async () => {
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
    await until('its return', () => client?.status === 'ready')
  })

  it('closing does not wait for it', async () => {
    server = await startRedis()
    const redis = testRedis({ url: server.url })
    for (const use of ['commands', 'subscription', 'blocking'] as const) await redis.open(use)
    await server.stop()
    expect(await elapsedMs(() => redis.close())).toBeLessThan(AT_ONCE_MS)
  })

  it('and only hangs, commands fail soon, and the silent connection is given up', async () => {
    server = await startRedis()
    const redis = testRedis({ url: server.url })
    const listener = await redis.open('subscription')
    const client = await redis.shared()
    await client.client('PAUSE', 4000, 'ALL')
    expect(await elapsedMs(() => client.ping())).toBeLessThan(AT_ONCE_MS)
    await until('both to be given up', () => client.status !== 'ready' && listener.status !== 'ready')
    expect(await elapsedMs(() => client.ping())).toBeLessThan(50)
    await until('their return', () => client.status === 'ready' && listener.status === 'ready')
    expect(redis.lines).toHaveLength(2)
  })
})

/** How often in a row it has tried in vain. */
const tries = (client: Redis) => Reflect.get(client, 'retryAttempts') as number

describe.skipIf(!url)('a Redis with a password', () => {
  let server: RedisServer
  afterEach(() => server.stop())

  it('takes the one in the URL, and no line of the log repeats it', async () => {
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

it('rediss:// speaks TLS', async () => {
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
