import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { systemClock } from '#lib/platform/clock.ts'
import { createBullQueue } from '#lib/queue/bullmq.ts'
import { createLocalQueue } from '#lib/queue/local.ts'
import type { Task, WorkQueue } from '#lib/queue/queue.ts'
import { createRedis } from '#lib/redis/connections.ts'
import { createLog } from '#lib/telemetry/log.ts'
import { type RedisServer, startRedis } from '../../support/servers/redis.ts'
import { until } from '../../support/until.ts'
import { queueConformance } from './queue-conformance.ts'
import { silentNetwork } from './silent-network.ts'

const redisUrl = inject('redisUrl')
const silent = createLog({ level: 'silent', scrub: (text) => text })
const clock = systemClock
let prefixes = 0
const newPrefix = () => {
  prefixes += 1
  return `test-${process.pid}-${prefixes}:`
}

/** A process of its own, as far as Redis can tell. */
function openQueue(url: string, prefix: string, log = silent): WorkQueue {
  const redis = createRedis({ url, log, clock, prefix })
  const queue = createBullQueue({ redis, name: 'uploads', local: createLocalQueue({ clock }), clock, log })
  onTestFinished(async () => {
    await queue.close()
    await redis.close()
  })
  return queue
}

/** Works on `queue`, and records what was done. */
function worker(queue: WorkQueue, handle = async (_: Task) => {}) {
  const done: string[] = []
  const stop = queue.work(
    async (task) => {
      done.push(task.id)
      await handle(task)
    },
    { concurrency: 5 },
  )
  onTestFinished(stop)
  return { done, stop }
}

const upload = (id: string): Task => ({ kind: 'upload', id })

describe.skipIf(!redisUrl)('the queue of several processes', () => {
  queueConformance('of all processes, by Redis', async () => ({
    queue: openQueue(redisUrl as string, newPrefix()),
    now: () => clock.now(),
    eventually: async (what, check) => void (await until(what, check)),
  }))

  it('has each task carried out once, shared among two processes', async () => {
    const prefix = newPrefix()
    const [first, second] = [openQueue(redisUrl as string, prefix), openQueue(redisUrl as string, prefix)]
    const gate = Promise.withResolvers<void>()
    const workers = [first, second].map((queue) => worker(queue, () => gate.promise))
    const all = () => workers.flatMap(({ done }) => done)
    for (let task = 0; task < 40; task += 1) first.enqueue(upload(String(task)), clock.now())
    await until('both at work', () => workers.every(({ done }) => done.length === 5))
    gate.resolve()
    await until('all of them', () => all().length >= 40)
    expect(new Set(all()).size).toBe(40)
    expect(all()).toHaveLength(40)
  })

  it('carries out once what the timers of two processes enqueue, however late the second is', async () => {
    const prefix = newPrefix()
    const [first, second] = [openQueue(redisUrl as string, prefix), openQueue(redisUrl as string, prefix)]
    const { done } = worker(first)
    const dueAt = clock.now()
    first.enqueue(upload('window'), dueAt)
    await until('the first task', () => done.length === 1)
    second.enqueue(upload('window'), dueAt)
    second.enqueue(upload('last'), clock.now())
    await until('the last task', () => done.includes('last'))
    expect(done).toEqual(['window', 'last'])
  })

  it('goes on after the connections of its worker have fallen silent', async () => {
    const prefix = newPrefix()
    const network = await silentNetwork(redisUrl as string)
    const redis = createRedis({ url: network.url, log: silent, clock, prefix, blockingTimeoutMs: 1000 })
    const local = createLocalQueue({ clock })
    const { done } = worker(createBullQueue({ redis, name: 'uploads', local, clock, log: silent }))
    onTestFinished(() => redis.close())
    const elsewhere = openQueue(redisUrl as string, prefix)
    elsewhere.enqueue(upload('before'), clock.now())
    await until('the first task', () => done.includes('before'))
    network.fallSilent()
    elsewhere.enqueue(upload('after'), clock.now())
    await until('the second task', () => done.includes('after'), { timeoutMs: 15_000 })
  }, 20_000)

  it('carries out what was enqueued before any process worked', async () => {
    const prefix = newPrefix()
    const web = openQueue(redisUrl as string, prefix)
    web.enqueue(upload('a'), clock.now())
    await web.close()
    const { done } = worker(openQueue(redisUrl as string, prefix))
    await until('the task', () => done.length === 1)
  })
})

describe.skipIf(!redisUrl)('the queue of several processes, when Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())

  it('was emptied, hands new tasks to the workers without a restart', async () => {
    const prefix = newPrefix()
    const [web, queue] = [openQueue(server.url, prefix), openQueue(server.url, prefix)]
    const gate = Promise.withResolvers<void>()
    const { done } = worker(queue, ({ id }) => (id === 'busy' ? gate.promise : Promise.resolve()))
    web.enqueue(upload('busy'), clock.now())
    web.enqueue(upload('delayed'), clock.now() + 60_000)
    await until('work', () => done.includes('busy'))
    await server.empty()
    gate.resolve()
    web.enqueue(upload('after'), clock.now())
    web.enqueue(upload('soon after'), clock.now() + 100)
    await until('the new tasks', () => done.includes('after') && done.includes('soon after'))
  })

  it('is away, makes nobody wait, and a worker goes on with its own tasks', async () => {
    const prefix = newPrefix()
    const [web, queue] = [openQueue(server.url, prefix), openQueue(server.url, prefix)]
    const { done } = worker(queue)
    web.enqueue(upload('before'), clock.now())
    await until('work', () => done.includes('before'))
    await server.stop()
    const startedAt = performance.now()
    for (let id = 0; id < 100; id += 1) {
      web.enqueue(upload(`web ${id}`), clock.now())
      queue.enqueue(upload(`worker ${id}`), clock.now())
    }
    expect(performance.now() - startedAt).toBeLessThan(100)
    await until('all tasks of the worker', () => done.length === 101)
    expect(done.every((id) => !id.startsWith('web'))).toBe(true)

    await server.start()
    await until('a task of another process', async () => {
      web.enqueue(upload('back'), clock.now())
      return done.includes('back')
    })
  })

  it('is full, logs that once, and a worker goes on with its own tasks', async () => {
    const lines: string[] = []
    const destination = { write: (line: string) => void lines.push(line) }
    const log = createLog({ level: 'warn', scrub: (text) => text, destination })
    const redis = createRedis({ url: server.url, log, clock })
    onTestFinished(() => redis.close())
    const limit = async (maxmemory: number) => (await redis.shared()).config('SET', 'maxmemory', maxmemory)
    const queue = openQueue(server.url, newPrefix(), log)
    const { done } = worker(queue)
    queue.enqueue(upload('before'), clock.now())
    await until('work', () => done.length === 1)
    await limit(1)
    for (const id of ['a', 'b', 'c']) queue.enqueue(upload(id), clock.now())
    await until('all of them', () => done.length === 4)
    await limit(0)
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
      'Redis takes no work: this instance works on its own',
    ])
  })

  it('is not there at the start, uses it once it comes', async () => {
    await server.stop()
    const prefix = newPrefix()
    const [web, queue] = [openQueue(server.url, prefix), openQueue(server.url, prefix)]
    const { done } = worker(queue)
    queue.enqueue(upload('alone'), clock.now())
    web.enqueue(upload('in vain'), clock.now())
    await until('the task of the worker', () => done.length === 1)
    await server.start()
    await until('a task of another process', () => {
      web.enqueue(upload('back'), clock.now())
      return done.includes('back')
    })
    expect(done).not.toContain('in vain')
  })

  it('is away, keeps no process from stopping', async () => {
    const queue = openQueue(server.url, newPrefix())
    const { done, stop } = worker(queue)
    queue.enqueue(upload('a'), clock.now())
    await until('work', () => done.length === 1)
    await server.stop()
    const startedAt = performance.now()
    await stop()
    await queue.close()
    expect(performance.now() - startedAt).toBeLessThan(2000)
    await server.start()
  })
})
