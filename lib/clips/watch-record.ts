import type { Services } from '#lib/context.ts'
import { describeError } from '#lib/platform/errors.ts'

/** When a record is read again that could not be read. */
const READ_AGAIN_MS = 1500

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
  { clock, log }: Pick<Services, 'clock' | 'log'>,
  watched: Watched<T>,
): AsyncGenerator<T, void> {
  const { signal } = watched
  const wakeUp = createWakeUp(watched.subscribe, signal)
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
      if (record === undefined) await clock.sleep(READ_AGAIN_MS, signal).catch(() => {})
      else await wakeUp.wait()
    }
  } finally {
    wakeUp.close()
  }
}

/** `wait` resolves at the next wake-up, at once where one came since the last call, and when `signal` aborts. */
function createWakeUp(subscribe: Watched<unknown>['subscribe'], signal: AbortSignal) {
  let isAwake = false
  let wake = () => {}
  const wakeUp = () => {
    isAwake = true
    wake()
  }
  const unsubscribe = subscribe(wakeUp)
  signal.addEventListener('abort', wakeUp, { once: true })
  return {
    close() {
      unsubscribe()
      signal.removeEventListener('abort', wakeUp)
    },
    async wait() {
      if (!isAwake) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      isAwake = false
    },
  }
}
