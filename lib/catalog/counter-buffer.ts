import type { Database } from './connection.ts'
import { addToCounters, type CounterIncrement, inSameOrder } from './counters.ts'

/** How long a count may wait to be written. */
const WRITE_AFTER_MS = 1000

/** Counts that are written together, for what is counted so often that one write each would cost more than the rest. */
export interface CounterBuffer {
  /** A crash of the process within a second may lose it. Where the catalog fails it waits for the next write. */
  add(increment: CounterIncrement): void
  /** Writes what has come together. @throws CatalogError */
  flush(): Promise<void>
}

export function createCounterBuffer({ run }: Pick<Database, 'run'>): CounterBuffer {
  let waiting: CounterIncrement[] = []
  let timer: NodeJS.Timeout | undefined

  async function flush() {
    clearTimeout(timer)
    timer = undefined
    const increments = waiting
    waiting = []
    if (increments.length === 0) return
    await run((db) => addToCounters(db, increments)).catch((error: unknown) => {
      waiting = inSameOrder([...increments, ...waiting])
      throw error
    })
  }

  return {
    flush,
    add(increment) {
      waiting.push(increment)
      timer ??= setTimeout(() => void flush().catch(() => {}), WRITE_AFTER_MS).unref()
    },
  }
}
