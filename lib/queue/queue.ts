/** Something that is to be done. All of one kind are done the same way; `id` tells them apart. */
export interface Task {
  kind:
    | 'upload'
    | 'replicate'
    | 'webhooks'
    | 'scripts'
    | 'deletions'
    | 'due-work'
    | 'read-back'
    | 'audit'
    | 'clean-up'
    | 'advertise'
    | 'clock'
  id: string
}

/** Carries out a task. What it throws is ignored: it reports its failures itself. */
export type Handle = (task: Task) => Promise<void>

/**
 * Tells processes that work is due. It is never the truth about that: the catalog says what is to be done and when, and
 * a task that is lost loses nothing. A task that has failed is not tried again: its next date is in the catalog, and it
 * is enqueued for that date.
 */
export interface WorkQueue {
  /**
   * Has `task` carried out by a process that works, at `dueAt` (milliseconds since the epoch) or soon after. A task that
   * waits already is not carried out twice for being enqueued again with the same date. Never throws, and never makes
   * anyone wait.
   */
  enqueue(task: Task, dueAt: number): void
  /**
   * Has this process carry out tasks, at most `concurrency` at once. Returns what ends it: that starts no further task,
   * and resolves when the running ones are done.
   */
  work(handle: Handle, options: { concurrency: number }): () => Promise<void>
  /** Closes connections and timers. Tasks that are enqueued afterwards are ignored. */
  close(): Promise<void>
}

/**
 * One queue in front of two, made by `create` from their names: uploads have one of their own, so that no quick task
 * waits behind them.
 */
export function createQueues(create: (name: string) => WorkQueue): WorkQueue {
  const uploads = create('uploads')
  const maintenance = create('maintenance')
  const both = [uploads, maintenance]
  return {
    enqueue: (task, dueAt) => (task.kind === 'upload' ? uploads : maintenance).enqueue(task, dueAt),

    work(handle, options) {
      const stops = both.map((queue) => queue.work(handle, options))
      return async () => {
        await Promise.all(stops.map((stop) => stop()))
      }
    },

    async close() {
      await Promise.all(both.map((queue) => queue.close()))
    },
  }
}
