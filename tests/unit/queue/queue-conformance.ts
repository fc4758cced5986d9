import { describe, expect, it } from 'vitest'
import type { Task, WorkQueue } from '#lib/queue/queue.ts'

/** A queue of its own for one test, and its time. */
export interface QueueWorld {
  queue: WorkQueue
  now(): number
  /** Lets time pass until `check` holds. */
  eventually(what: string, check: () => boolean): Promise<void>
}

const upload = (id: string): Task => ({ kind: 'upload', id })

/** What every work queue promises. */
export function queueConformance(name: string, open: () => Promise<QueueWorld>) {
  /** A queue with a process at work on it that writes down what it does. */
  async function begin({ concurrency = 3, handle = async (_: Task) => {} } = {}) {
    const world = await open()
    const done: { id: string; at: number }[] = []
    const stop = world.queue.work(
      async (task) => {
        done.push({ id: task.id, at: world.now() })
        await handle(task)
      },
      { concurrency },
    )
    const ids = () => done.map(({ id }) => id)
    /** Lets time pass until all that is due at `dueAt` was done. */
    const passed = async (dueAt: number) => {
      world.queue.enqueue(upload('last'), dueAt)
      await world.eventually('what was enqueued last', () => ids().includes('last'))
    }
    return { ...world, done, ids, stop, passed }
  }

  describe(`a work queue ${name}`, () => {
    it('carries out at once what is due', async () => {
      const { queue, now, eventually, ids } = await begin()
      queue.enqueue(upload('a'), now())
      queue.enqueue(upload('b'), now() - 60_000)
      await eventually('both', () => ids().length === 2)
      expect(ids().sort()).toEqual(['a', 'b'])
    })

    it('hands over the task as it was enqueued', async () => {
      const tasks: Task[] = []
      const { queue, now, eventually } = await begin({ handle: async (task) => void tasks.push(task) })
      queue.enqueue({ kind: 'clean-up', id: 'all' }, now())
      await eventually('the task', () => tasks.length > 0)
      expect(tasks).toEqual([{ kind: 'clean-up', id: 'all' }])
    })

    it('carries out at its date what is due later, and not before', async () => {
      const { queue, now, eventually, done } = await begin()
      const dueAt = now() + 300
      queue.enqueue(upload('later'), dueAt)
      queue.enqueue(upload('now'), now())
      await eventually('both', () => done.length === 2)
      expect(done.map(({ id }) => id)).toEqual(['now', 'later'])
      expect(done[1]?.at).toBeGreaterThanOrEqual(dueAt)
    })

    it('carries out once what is enqueued many times for the same date', async () => {
      const { queue, now, ids, passed } = await begin()
      const dueAt = now() + 200
      for (let times = 0; times < 20; times += 1) queue.enqueue(upload('a'), dueAt)
      await passed(dueAt + 100)
      expect(ids()).toEqual(['a', 'last'])
    })

    it('tells tasks apart by their kind', async () => {
      const { queue, now, eventually, ids } = await begin()
      const dueAt = now() + 50
      queue.enqueue({ kind: 'upload', id: 'all' }, dueAt)
      queue.enqueue({ kind: 'due-work', id: 'all' }, dueAt)
      await eventually('both', () => ids().length === 2)
    })

    it('carries out at the earlier date what is enqueued for two dates', async () => {
      const { queue, now, eventually, done } = await begin()
      const later = now() + 60_000
      queue.enqueue(upload('a'), later)
      queue.enqueue(upload('a'), now() + 50)
      await eventually('the task', () => done.length === 1)
      expect(done[0]?.at).toBeLessThan(later)
    })

    it('carries out again what is enqueued while it is running', async () => {
      const gate = Promise.withResolvers<void>()
      const { queue, now, eventually, ids } = await begin({ handle: () => gate.promise })
      queue.enqueue(upload('a'), now())
      await eventually('the first time', () => ids().length === 1)
      queue.enqueue(upload('a'), now() + 1)
      gate.resolve()
      await eventually('the second time', () => ids().length === 2)
    })

    it('runs no more tasks at once than its concurrency', async () => {
      let running = 0
      let busiest = 0
      const gate = Promise.withResolvers<void>()
      const { queue, now, eventually, ids } = await begin({
        concurrency: 3,
        async handle() {
          running += 1
          busiest = Math.max(busiest, running)
          await gate.promise
          running -= 1
        },
      })
      for (let task = 0; task < 10; task += 1) queue.enqueue(upload(String(task)), now())
      await eventually('three of them', () => running === 3)
      gate.resolve()
      await eventually('all of them', () => ids().length === 10)
      expect(busiest).toBe(3)
    })

    it('goes on after a task that has failed, and does not try it again', async () => {
      const { queue, now, ids, passed } = await begin({
        async handle({ id }) {
          if (id === 'bad') throw new Error('It cannot be done')
        },
      })
      queue.enqueue(upload('bad'), now())
      queue.enqueue(upload('good'), now())
      await passed(now() + 200)
      expect(ids().sort()).toEqual(['bad', 'good', 'last'])
    })

    it('waits for the running task when it is stopped, and starts nothing more', async () => {
      const gate = Promise.withResolvers<void>()
      let isOver = false
      const { queue, now, eventually, ids, stop } = await begin({
        concurrency: 1,
        async handle() {
          await gate.promise
          isOver = true
        },
      })
      queue.enqueue(upload('first'), now())
      await eventually('the first', () => ids().length === 1)
      queue.enqueue(upload('second'), now())
      let isStopped = false
      const stopped = stop().then(() => {
        isStopped = true
      })
      await eventually('a moment', () => true)
      expect(isStopped).toBe(false)
      gate.resolve()
      await eventually('the end', () => isStopped)
      await stopped
      expect(isOver).toBe(true)
      expect(ids()).toEqual(['first'])
    })

    it('ignores a task, a stop and a close after it was closed', async () => {
      const { queue, now, ids, stop } = await begin()
      await stop()
      await queue.close()
      queue.enqueue(upload('a'), now())
      await stop()
      await queue.close()
      expect(ids()).toEqual([])
    })
  })
}
