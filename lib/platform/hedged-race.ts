import type { Clock } from './clock.ts'

/**
 * Runs `attempts` until one succeeds, and aborts the others. The next one starts when one fails, or when the last has
 * been running for `staggerMs`.
 *
 * @throws AggregateError with the error of each attempt when none succeeded; the signal's reason when it aborts
 */
export async function hedgedRace<T>(
  attempts: readonly ((signal: AbortSignal) => Promise<T>)[],
  options: { clock: Clock; staggerMs: number; signal: AbortSignal },
): Promise<T> {
  const { clock, staggerMs, signal } = options
  const over = new AbortController()
  const stop = AbortSignal.any([signal, over.signal])
  const errors: unknown[] = []
  const waiting = [...attempts]
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  let running = 0

  function startNext() {
    // The attempts that are aborted in the end start no others.
    if (stop.aborted) return
    const attempt = waiting.shift()
    if (!attempt) {
      if (running === 0) reject(new AggregateError(errors, 'No attempt succeeded'))
      return
    }
    running += 1
    const slow = new AbortController()
    attempt(stop).then(resolve, (error: unknown) => {
      running -= 1
      errors.push(error)
      slow.abort()
      startNext()
    })
    if (waiting.length === 0) return
    clock.sleep(staggerMs, AbortSignal.any([stop, slow.signal])).then(startNext, () => {})
  }

  startNext()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', onAbort)
    over.abort(new Error('Another attempt was faster'))
  }
}
