/** Time and chance, handed in so that tests need no waiting. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms` milliseconds; rejects with the signal's reason once it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** A number in [0, 1). */
  random(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, ms)
      const onAbort = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
}

/** What a timer is aborted with that nobody needs any more: without a reason each `abort` would make an error with a stack. */
export const NOT_NEEDED = 'It is not needed any more'

/**
 * Runs `work` with a signal that aborts after `timeoutMs` or when `signal` aborts.
 *
 * The promise settles at that moment even if `work` ignores its signal.
 *
 * @throws whatever `work` throws; `timeoutError()` once the time is up; the signal's reason when it aborts.
 */
export async function withTimeLimit<T>(
  work: (signal: AbortSignal) => Promise<T>,
  options: { clock: Clock; timeoutMs: number; timeoutError: () => Error; signal?: AbortSignal | undefined },
): Promise<T> {
  const { clock, timeoutMs, timeoutError, signal } = options
  const stop = new AbortController()
  const timer = new AbortController()
  const forward = () => {
    stop.abort(signal?.reason)
    timer.abort(signal?.reason)
  }
  signal?.throwIfAborted()
  signal?.addEventListener('abort', forward, { once: true })
  const limit = clock.sleep(timeoutMs, timer.signal).then(() => {
    const error = timeoutError()
    stop.abort(error)
    throw error
  })
  limit.catch(() => {})
  try {
    return await Promise.race([work(stop.signal), limit])
  } finally {
    timer.abort(NOT_NEEDED)
    signal?.removeEventListener('abort', forward)
  }
}
