import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { Redis } from 'ioredis'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { systemClock } from '#lib/platform/clock.ts'
import { createBullQueue } from '#lib/queue/bullmq.ts'
import { createLocalQueue } from '#lib/queue/local.ts'
import type { Task } from '#lib/queue/queue.ts'
import type { RedisConnections } from '#lib/redis/connections.ts'
import { neededCommands, unfitness } from '#lib/redis/fitness.ts'
import { createLog } from '#lib/telemetry/log.ts'
import { ownPrefix, testRedis } from '../../support/redis.ts'
import { freePort } from '../../support/servers/free-port.ts'
import { startRedis } from '../../support/servers/redis.ts'
import { until } from '../../support/until.ts'

const url = inject('redisUrl') ?? ''

/** The URL of a new user at the Redis of all tests, and a connection that may change what it may do. */
async function newUser(...rules: string[]) {
  const admin = new Redis(url)
  const name = `user-${ownPrefix().slice(5, 13)}`
  const set = (...some: string[]) => admin.call('ACL', 'SETUSER', name, ...some)
  await set('on', '>secret-of-the-test', ...rules)
  onTestFinished(async () => {
    await admin.call('ACL', 'DELUSER', name)
    admin.disconnect()
  })
  return { url: url.replace('//', `//${name}:secret-of-the-test@`), set }
}

async function reasonOf(address: string, prefix = 'voicepin:') {
  const client = new Redis(address, { enableReadyCheck: false, disableClientInfo: true })
  client.on('error', () => {})
  try {
    return await unfitness(client, { prefix, channel: `${prefix}0:probe` })
  } finally {
    client.disconnect()
  }
}

/** The queue of a process that works, and what it has done; `isIdle`: it only enqueues. */
function working(redis: RedisConnections, { isIdle = false } = {}) {
  const clock = systemClock
  const log = createLog({ level: 'silent', scrub: (text) => text })
  const queue = createBullQueue({ redis, name: 'uploads', local: createLocalQueue({ clock }), clock, log })
  const done: string[] = []
  const handle = async ({ id }: Task) => void done.push(id)
  const stop = isIdle ? async () => {} : queue.work(handle, { concurrency: 2 })
  onTestFinished(async () => {
    await stop()
    await queue.close()
  })
  return { queue, done }
}

/** What the scripts of the work queue and of the semaphore run inside of Redis. */
function commandsInScripts(): string[] {
  const require = createRequire(import.meta.url)
  const folders = [
    path.join(path.dirname(require.resolve('bullmq')), 'scripts'),
    path.dirname(require.resolve('redis-semaphore')),
  ]
  const found = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js'))
      .flatMap((name) => [
        ...readFileSync(path.join(folder, name), 'utf8').matchAll(/(?:rcall|redis\.p?call)\(['"](\w+)/g),
      ])
      .map(([, command = '']) => command.toUpperCase()),
  )
  return [...new Set(found)]
}

describe.skipIf(!url)('a Redis', () => {
  it('is fit where its user may do all that is needed, on keys and channels of ours alone', async () => {
    const { url: address } = await newUser('~voicepin:*', '&voicepin:*', '+@all')
    expect(await reasonOf(address)).toBeUndefined()
    expect(await new Redis(url).keys('voicepin:probe:*')).toEqual([])
  })

  it('is refused by the name of each single command that its user may not use', async () => {
    const { url: address, set } = await newUser('~*', '&*', '+@all')
    // Whoever may begin a transaction may end it.
    for (const command of neededCommands.filter((name) => name !== 'EXEC')) {
      await set(`-${command}`)
      expect(await reasonOf(address)).toBe(`its user may not use ${command}`)
      await set(`+${command}`)
    }
  })

  it('is refused where its user may not use our keys', async () => {
    const { url: address } = await newUser('~other:*', '&*', '+@all')
    expect(await reasonOf(address)).toMatch(
      /^its user may not use EXISTS, .* more, or not on the keys ~voicepin:\*/,
    )
  })

  it('must allow whatever the scripts of the work queue run', () => {
    const unused = ['RENAME']
    const run = commandsInScripts().filter((command) => !unused.includes(command))
    expect(run.length).toBeGreaterThan(40)
    expect(run.filter((command) => !neededCommands.includes(command))).toEqual([])
  })

  it('that forbids INFO is treated as one that is away, until it allows it', async () => {
    const user = await newUser('~*', '&*', '+@all', '-info')
    const redis = testRedis({ url: user.url, lookAgainMs: 100 })
    const client = await redis.open('blocking')
    const commands = await redis.shared()
    await expect(commands.ping()).rejects.toThrow()
    expect(client.status).not.toBe('ready')
    expect(redis.lines.map(({ msg }) => msg)).toEqual([
      'Redis cannot be used: its user may not use INFO. This instance works on its own',
    ])
    await user.set('+info')
    await until('both to be ready', () => client.status === 'ready' && commands.status === 'ready')
    expect(redis.lines.at(-1)?.msg).toBe('Redis can be used now')
  })

  it('that forbids INFO gets no worker, which would spin: tasks are carried out here, and by it once it may', async () => {
    const user = await newUser('~*', '&*', '+@all', '-info')
    const redis = testRedis({ url: user.url, lookAgainMs: 100 })
    const { queue, done } = working(redis)
    queue.enqueue({ kind: 'upload', id: 'here' }, 0)
    await until('the task', () => done.includes('here'))
    await user.set('+info')
    const other = working(testRedis({ url, prefix: redis.prefix }), { isIdle: true })
    await until('a task of another process', () => {
      other.queue.enqueue({ kind: 'upload', id: 'there' }, 0)
      return done.includes('there')
    })
  })

  it('that allows just what is needed carries the work queue', async () => {
    const allowed = neededCommands.map((command) => `+${command}`)
    const prefix = ownPrefix()
    const user = await newUser(`~${prefix}*`, `&${prefix}*`, ...allowed)
    const { queue, done } = working(testRedis({ url: user.url, prefix }))
    const other = working(testRedis({ url: user.url, prefix }), { isIdle: true })
    await until('a task of another process', () => {
      other.queue.enqueue({ kind: 'upload', id: 'there' }, 0)
      return done.includes('there')
    })
    queue.enqueue({ kind: 'upload', id: 'later' }, Date.now() + 50)
    await until('a task that was due later', () => done.includes('later'))
  })

  it('that is a Cluster is refused', async () => {
    const settings = { 'cluster-enabled': 'yes', 'cluster-port': await freePort() }
    const cluster = await startRedis({ settings })
    onTestFinished(() => cluster.stop())
    expect(await reasonOf(cluster.url)).toContain('it is a Redis Cluster')
  })

  it('that is a replica is not used until it is the primary', async () => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    const operator = new Redis(server.url)
    onTestFinished(() => operator.disconnect())
    await operator.replicaof('127.0.0.1', 1)
    const redis = testRedis({ url: server.url, lookAgainMs: 100 })
    const client = await redis.shared()
    expect(redis.lines.map(({ msg }) => msg)).toEqual([
      'Redis cannot be used: it is a replica, which takes no writes. This instance works on its own',
    ])
    await operator.call('REPLICAOF', 'NO', 'ONE')
    await until('it to be ready', () => client.status === 'ready')
    // The other way round, as an old primary after a failover.
    await operator.replicaof('127.0.0.1', 1)
    await expect(client.set('a', 'b')).rejects.toThrow('READONLY')
    await until('it to be dropped', () => client.status !== 'ready')
  })
})
