import type { Queue, Worker } from 'bullmq'
import type { Clock } from '#lib/platform/clock.ts'
import { describeError } from '#lib/platform/errors.ts'
import type { RedisConnections } from '#lib/redis/connections.ts'
import type { Log } from '#lib/telemetry/log.ts'
import type { Handle, WorkQueue } from './queue.ts'

/** A closing worker says farewell to Redis, which may be away. */
const FAREWELL_MS = 1000

/**
 * What is done stays known for a while: the timers of several processes ring for the same date, and not all before it
 * was done.
 */
const DONE_IS_KNOWN = { age: 3600, count: 10_000 }

/** An answer of Redis itself, which starts with its code: out of memory, read-only, no permission. */
const REDIS_ANSWER = /^[A-Z]+ /

interface BullQueueOptions {
  redis: RedisConnections
  name: string
  /** Takes the rings that Redis does not, so that a process which works goes on by itself while Redis is away. */
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
  const ringing = new Set<Promise<void>>()
  let opened: Promise<Queue> | undefined
  let isTold = false
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
      removeOnComplete: DONE_IS_KNOWN,
      removeOnFail: DONE_IS_KNOWN,
    })
    isTold = false
  }

  /** That Redis is away is told by its connections; what else keeps it from taking jobs is told once. */
  function tell(error: unknown) {
    log.debug({ error: describeError(error) }, 'A ring went astray')
    if (isTold || !REDIS_ANSWER.test(describeError(error))) return
    isTold = true
    log.warn({ error: describeError(error) }, 'Redis takes no work: this instance works for itself')
  }

  async function openWorker(handle: Handle, concurrency: number): Promise<Worker> {
    const [{ Worker }, connection] = await Promise.all([import('bullmq'), redis.open('blocking')])
    const worker = new Worker(name, (job) => handle(job.data).catch(ignore), {
      connection,
      prefix,
      concurrency,
      // Who works for as long as this has lost its job to somebody else, which the leases in the catalog forgive.
      maxStalledCount: 1,
    })
    // Emptied, stopped and started, it all passes by itself; the catalog has what is due.
    worker.on('error', (error) => log.debug({ error: error.message }, 'The work queue is disturbed'))
    return worker
  }

  return {
    enqueue(task, dueAt) {
      if (isClosed) return
      const adding = add(`${task.kind}-${task.id}-${dueAt}`, task, dueAt)
        .catch((error: unknown) => {
          tell(error)
          local.enqueue(task, dueAt)
        })
        .finally(() => ringing.delete(adding))
      ringing.add(adding)
    },

    work(handle, { concurrency }) {
      const running = new Set<Promise<void>>()
      const tracked: Handle = (task) => {
        const work = handle(task).finally(() => running.delete(work))
        running.add(work)
        return work
      }
      const stopLocal = local.work(tracked, { concurrency })
      const worker = openWorker(tracked, concurrency)
      worker.catch((error: unknown) => log.error({ err: error }, 'The work queue could not be opened'))
      return async () => {
        const farewell = worker.then((opened) => opened.close()).catch(ignore)
        await stopLocal()
        while (running.size > 0) await Promise.allSettled(running)
        await Promise.race([farewell, clock.sleep(FAREWELL_MS)])
      }
    },

    async close() {
      isClosed = true
      await Promise.all(ringing)
      await local.close()
      await opened?.then((queue) => queue.close()).catch(ignore)
    },
  }
}

function ignore() {}
