import type { QueueAddOptions } from 'p-queue'

type Run = () => Promise<unknown>

export interface TurnOptions extends QueueAddOptions {
  /** Whose task it is. */
  readonly caller?: string
}

/**
 * A queue for `p-queue` in which callers take turns: however many tasks one of them has waiting, one of each other caller
 * is run before the next of theirs. Tasks of one caller keep their order.
 */
export class TurnQueue {
  /** The tasks by caller; whose turn it is comes first. No list is empty. */
  readonly #waiting = new Map<string, Run[]>()

  get size(): number {
    return [...this.#waiting.values()].reduce((sum, tasks) => sum + tasks.length, 0)
  }

  enqueue(run: Run, { caller = '' }: Partial<TurnOptions> = {}): void {
    const tasks = this.#waiting.get(caller)
    if (tasks) tasks.push(run)
    else this.#waiting.set(caller, [run])
  }

  dequeue(): Run | undefined {
    const [next] = this.#waiting
    if (!next) return undefined
    const [caller, tasks] = next
    const run = tasks.shift()
    this.#waiting.delete(caller)
    if (tasks.length > 0) this.#waiting.set(caller, tasks)
    return run
  }

  /** Takes out a task whose caller does not wait any more. */
  remove(run: unknown): void {
    for (const [caller, tasks] of this.#waiting) {
      const index = tasks.indexOf(run as Run)
      if (index === -1) continue
      tasks.splice(index, 1)
      if (tasks.length === 0) this.#waiting.delete(caller)
      return
    }
  }

  /** All of them: tasks have no priority here. */
  filter(): Run[] {
    return [...this.#waiting.values()].flat()
  }

  setPriority(): void {}
}
