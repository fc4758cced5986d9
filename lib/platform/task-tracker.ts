import type { Clock } from './clock.ts'

/** How long aborted work may take to clean up. */
const CLEAN_UP_MS = 2000

/** Keeps track of work that nobody awaits, so that a shutdown can wait for it. */
export interface TaskTracker {
  /** Aborts when a shutdown begins: whoever waits to try again tries now. */
  readonly stopping: AbortSignal
  /** Aborts when the grace time of a shutdown is over. */
  readonly signal: AbortSignal
  /** Tracks `work` until it settles, and gives what it throws to `onError`. Returns `work`. */
  track<T>(work: Promise<T>): Promise<T>
  /** Resolves when all work that is running now has settled. */
  settled(): Promise<void>
  /** Resolves when no work is running any more; what still is after `graceMs` is aborted. */
  drain(graceMs: number): Promise<void>
}

export function createTaskTracker(options: { clock: Clock; onError: (error: unknown) => void }): TaskTracker {
  const { clock, onError } = options
  const running = new Set<Promise<unknown>>()
  const stopping = new AbortController()
  const stop = new AbortController()

  async function allSettled() {
    while (running.size > 0) await Promise.allSettled(running)
  }

  async function settledWithin(ms: number) {
    const timer = new AbortController()
    const limit = clock.sleep(ms, timer.signal).catch(() => {})
    await Promise.race([allSettled(), limit])
    timer.abort()
  }

  return {
    stopping: stopping.signal,
    signal: stop.signal,

    track(work) {
      running.add(work)
      work
        .catch((error: unknown) => {
          if (!stop.signal.aborted) onError(error)
        })
        .finally(() => running.delete(work))
      return work
    },

    async settled() {
      await Promise.allSettled(running)
    },

    async drain(graceMs) {
      stopping.abort()
      await settledWithin(graceMs)
      if (running.size === 0) return
      stop.abort(new Error('The service is shutting down'))
      await settledWithin(CLEAN_UP_MS)
    },
  }
}
