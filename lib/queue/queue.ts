/** Something that is to be done. All of one kind are done the same way; `id` tells them apart. */
export interface Task {
  kind: 'upload' | 'replicate' | 'webhooks' | 'sweep' | 'audit' | 'clean-up'
  id: string
}

/** What a process does when a task has come to it. What it throws is forgotten: it reports that itself. */
export type Handle = (task: Task) => Promise<void>

/**
 * A doorbell for work that is due, never the truth about it: the catalog says what is to be done and when, and nothing
 * is lost with a ring. No task is tried again because it has failed; its next date is in the catalog, and is rung for.
 */
export interface WorkQueue {
  /**
   * Has `task` done by some process that works, at `dueAt` (milliseconds since the epoch) or soon after. What waits
   * already is not done twice for being rung again with the same date. Never throws and never makes anyone wait.
   */
  enqueue(task: Task, dueAt: number): void
  /**
   * Has this process work, on at most `concurrency` tasks at once. Returns what ends it: that takes no further task, and
   * resolves when those under way are done.
   */
  work(handle: Handle, options: { concurrency: number }): () => Promise<void>
  /** Lets go of what the queue holds. Rings are in vain afterwards. */
  close(): Promise<void>
}

/**
 * One queue in front of two, made by `create` from their names: uploads have one of their own, so that nothing that is
 * quick waits behind them.
 */
export function createQueues(create: (name: string) => WorkQueue): WorkQueue {
  const uploads = create('uploads')
  const chores = create('chores')
  const both = [uploads, chores]
  return {
    enqueue: (task, dueAt) => (task.kind === 'upload' ? uploads : chores).enqueue(task, dueAt),

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
