import type { Services } from '#lib/context.ts'
import { describeError } from '#lib/platform/errors.ts'

/** How often the record is read although no event came: those of other processes do not arrive here. */
const POLL_MS = 1500

interface Watched<T> {
  /** What the log calls it. */
  name: Record<string, string>
  /** The record; `null` where there is none. */
  read: () => Promise<T | null>
  /** Whether it will not change any more. */
  isSettled: (record: T) => boolean
  /** Calls `wake` whenever the record may have changed. Returns what ends that. */
  subscribe: (wake: () => void) => () => void
  signal: AbortSignal
  /** Waits for a record that does not exist yet. */
  awaitRecord?: boolean | undefined
}

/**
 * Yields a record, and again after each change, until it is settled, gone, or `signal` aborts. A catalog that fails is read
 * again later.
 */
export async function* watchRecord<T>(
  { log }: Pick<Services, 'log'>,
  watched: Watched<T>,
): AsyncGenerator<T, void> {
  const { signal } = watched
  const wakeUp = createWakeUp(watched.subscribe)
  let isAwaited = watched.awaitRecord ?? false
  let last = ''
  try {
    while (!signal.aborted) {
      const record = await watched.read().catch((error: unknown) => {
        log.warn({ ...watched.name, error: describeError(error) }, 'A watched record could not be read')
        return undefined
      })
      if (record === null && !isAwaited) return
      if (record) {
        isAwaited = false
        const now = JSON.stringify(record)
        if (now !== last) yield record
        last = now
        if (watched.isSettled(record)) return
      }
      await wakeUp.wait(signal)
    }
  } finally {
    wakeUp.close()
  }
}

/** `wait` resolves at the next wake-up, at once where one came since the last call, and after `POLL_MS`. */
function createWakeUp(subscribe: Watched<unknown>['subscribe']) {
  let hasEvent = false
  let wake = () => {}
  const close = subscribe(() => {
    hasEvent = true
    wake()
  })
  return {
    close,
    async wait(signal: AbortSignal) {
      const awake = Promise.withResolvers<void>()
      wake = awake.resolve
      const timer = setTimeout(awake.resolve, POLL_MS)
      signal.addEventListener('abort', wake, { once: true })
      if (!hasEvent && !signal.aborted) await awake.promise
      hasEvent = false
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
    },
  }
}
