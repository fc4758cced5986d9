import type { EventEmitter } from 'node:events'
import type { Queue, Worker } from 'bullmq'
import type { Clock } from '#lib/platform/clock.ts'
import { describeError } from '#lib/platform/errors.ts'
import type { RedisConnections } from '#lib/redis/connections.ts'
import type { Log } from '#lib/telemetry/log.ts'
import type { Handle, WorkQueue } from './queue.ts'

/** How long a worker that closes may take to say so to Redis, which may be away. */
const CLOSE_TIMEOUT_MS = 1000

/**
 * Jobs that are done stay known for a while: the timers of several processes enqueue the same task for the same date,
 * and some of them only after it was done.
 */
const KEEP_DONE = { age: 3600, count: 10_000 }

/** An answer of Redis itself starts with its code: out of memory, read-only, no permission. */
const REDIS_ANSWER = /^[A-Z]+ /

interface BullQueueOptions {
  redis: RedisConnections
  name: string
  /** Takes the tasks that Redis does not take, so that a process which works goes on while Redis is away. */
  local: WorkQueue
  clock: Clock
  log: Log
}

/**
 * The work queue of all processes that share a Redis, by BullMQ. A task is one job, tried once, and carried out by one
 * process: the leases in the catalog see to that where Redis would not, after a process has died.
 *
 * @see https://docs.bullmq.io
 */
export function createBullQueue({ redis, name, local, clock, log }: BullQueueOptions): WorkQueue {
  const prefix = `${redis.prefix}queue`
  const adding = new Set<Promise<void>>()
  let opened: Promise<Queue> | undefined
  let isFailureReported = false
  let isClosed = false

  async function open(): Promise<Queue> {
    const [{ Queue }, connection] = await Promise.all([import('bullmq'), redis.shared()])
    if (connection.status !== 'ready') throw new Error('Redis is away')
    const queue = new Queue(name, { connection, prefix })
    queue.on('error', ignore)
    await queue.waitUntilReady()
    return queue
  }

  async function add(jobId: string, task: { kind: string; id: string }, dueAt: number) {
    opened ??= open().catch((error: unknown) => {
      opened = undefined
      throw error
    })
    const queue = await opened
    await queue.add(task.kind, task, {
      jobId,
      delay: Math.max(0, dueAt - clock.now()),
      attempts: 1,
      removeOnComplete: KEEP_DONE,
      removeOnFail: KEEP_DONE,
    })
    isFailureReported = false
  }

  /** The connections report that Redis is away; whatever else keeps it from taking jobs is reported here, once. */
  function report(error: unknown) {
    log.debug({ error: describeError(error) }, 'Enqueueing failed')
    if (isFailureReported || !REDIS_ANSWER.test(describeError(error))) return
    isFailureReported = true
    log.warn({ error: describeError(error) }, 'Redis takes no work: this instance works on its own')
  }

  /** Waits for a Redis that can be used: at any other the worker would spin. */
  async function openWorker(handle: Handle, concurrency: number, signal: AbortSignal): Promise<Worker> {
    const [{ Worker }, connection] = await Promise.all([import('bullmq'), redis.open('blocking')])
    if (connection.status !== 'ready') await untilReady(connection, signal)
    const worker = new Worker(name, (job) => handle(job.data).catch(ignore), {
      connection,
      prefix,
      concurrency,
      // A worker that reports too late loses its job to another; the leases in the catalog keep it from being done twice.
      maxStalledCount: 1,
    })
    // A Redis that was emptied, stopped or started passes by itself, and the catalog has what is due.
    worker.on('error', (error) => log.debug({ error: error.message }, 'Queue error'))
    return worker
  }

  return {
    enqueue(task, dueAt) {
      if (isClosed) return
      const added = add(`${task.kind}-${task.id}-${dueAt}`, task, dueAt)
        .catch((error: unknown) => {
          report(error)
          local.enqueue(task, dueAt)
        })
        .finally(() => adding.delete(added))
      adding.add(added)
    },

    work(handle, { concurrency }) {
      const running = new Set<Promise<void>>()
      const tracked: Handle = (task) => {
        const work = handle(task).finally(() => running.delete(work))
        running.add(work)
        return work
      }
      const stopLocal = local.work(tracked, { concurrency })
      const stop = new AbortController()
      const worker = openWorker(tracked, concurrency, stop.signal)
      worker.catch((error: unknown) => {
        if (!stop.signal.aborted) log.error({ err: error }, 'The work queue could not be opened')
      })
      return async () => {
        stop.abort()
        const closed = worker.then((opened) => opened.close()).catch(ignore)
        await stopLocal()
        while (running.size > 0) await Promise.allSettled(running)
        await Promise.race([closed, clock.sleep(CLOSE_TIMEOUT_MS)])
      }
    },

    async close() {
      isClosed = true
      await Promise.all(adding)
      await local.close()
      await opened?.then((queue) => queue.close()).catch(ignore)
    },
  }
}

/** Waits through all attempts that fail: `once()` of Node.js would give up at the first. @throws the reason of `signal` */
function untilReady(connection: EventEmitter, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  connection.once('ready', resolve)
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return promise
}

function ignore() {}
