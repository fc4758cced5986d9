import { ServiceError } from '#lib/model/errors.ts'

const MAX_CONNECTIONS = 2000
const MAX_CONNECTIONS_PER_CALLER = 200
const RETRY_AFTER_MS = 10_000

/**
 * Bounds the event streams of this process: each keeps a connection open and reads the catalog every other second. Other
 * instances count their own, for a connection belongs to one process.
 */
export interface ConnectionLimit {
  /**
   * Counts one more connection of `caller`. The function that is returned ends it, once, however often it is called.
   *
   * @throws ServiceError `rate_limited` when 2000 are open, or 200 of this caller
   */
  take(caller: string): () => void
}

export function createConnectionLimit(): ConnectionLimit {
  const openByCaller = new Map<string, number>()

  return {
    take(caller) {
      const own = openByCaller.get(caller) ?? 0
      const all = openByCaller.values().reduce((sum, count) => sum + count, 0)
      if (own >= MAX_CONNECTIONS_PER_CALLER || all >= MAX_CONNECTIONS) {
        throw new ServiceError('rate_limited', 'Too many event streams are open; try again later', {
          retryAfterMs: RETRY_AFTER_MS,
        })
      }
      openByCaller.set(caller, own + 1)
      let isOpen = true
      return () => {
        if (!isOpen) return
        isOpen = false
        const left = (openByCaller.get(caller) ?? 0) - 1
        if (left > 0) openByCaller.set(caller, left)
        else openByCaller.delete(caller)
      }
    },
  }
}
