import type { Clock } from '#lib/platform/clock.ts'
import type { Handle, Task, WorkQueue } from './queue.ts'

/** More tasks are not kept in memory: the catalog has them. */
const MAX_WAITING = 10_000

interface Waiting {
  task: Task
  dueAt: number
  /** Ends the wait for `dueAt`. */
  cancel: AbortController
}

/** The work queue of one process. What is enqueued while it does not work is ignored. */
export function createLocalQueue({ clock }: { clock: Clock }): WorkQueue {
  const waiting = new Map<string, Waiting>()
  const due = new Map<string, Task>()
  const running = new Set<Promise<void>>()
  let worker: { handle: Handle; concurrency: number } | undefined

  async function waitFor(key: string, entry: Waiting) {
    // A timer may fire a moment early, and the task would find that nothing is due yet.
    do await clock.sleep(Math.max(0, entry.dueAt - clock.now()), entry.cancel.signal)
    while (clock.now() < entry.dueAt)
    waiting.delete(key)
    due.set(key, entry.task)
    startDue()
  }

  function startDue() {
    for (const [key, task] of due) {
      if (!worker || running.size >= worker.concurrency) return
      due.delete(key)
      const work = worker
        .handle(task)
        .catch(() => {})
        .finally(() => {
          running.delete(work)
          startDue()
        })
      running.add(work)
    }
  }

  function end() {
    worker = undefined
    due.clear()
    for (const { cancel } of waiting.values()) cancel.abort()
    waiting.clear()
  }

  return {
    enqueue(task, dueAt) {
      const key = `${task.kind} ${task.id}`
      const before = waiting.get(key)
      if (!worker || due.has(key) || (before && before.dueAt <= dueAt)) return
      if (!before && waiting.size >= MAX_WAITING) return
      before?.cancel.abort()
      const entry = { task, dueAt, cancel: new AbortController() }
      waiting.set(key, entry)
      waitFor(key, entry).catch(() => {})
    },

    work(handle, { concurrency }) {
      worker = { handle: async (task) => handle(task), concurrency }
      return async () => {
        end()
        while (running.size > 0) await Promise.all(running)
      }
    },

    async close() {
      end()
    },
  }
}
