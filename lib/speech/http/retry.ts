import { ServiceError } from '#lib/model/errors.ts'
import { waitBeforeRetry } from '#lib/platform/backoff.ts'
import type { Clock } from '#lib/platform/clock.ts'

const RETRY_DELAYS_MS = [250, 1000]
/** A vendor that asks for a longer wait is not waited for. */
export const MAX_RETRY_AFTER_MS = 2000

/**
 * Calls until there is an answer: network faults, 429 and 5xx are retried, never a time-out, which may have been paid for.
 *
 * @throws what the last `call` throws; the signal's reason when it aborts in between
 */
export async function retryCall<T>(clock: Clock, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await call()
    } catch (error) {
      const waitMs = ServiceError.isInstance(error) ? waitBefore(error, attempts, clock) : undefined
      if (waitMs === undefined || signal.aborted) throw error
      await clock.sleep(waitMs, signal)
    }
  }
}

function waitBefore({ code, retryAfterMs }: ServiceError, attempts: number, clock: Clock) {
  const isRetryable = code === 'speech_overloaded' || code === 'speech_unavailable'
  return waitBeforeRetry({
    attempts,
    delaysMs: RETRY_DELAYS_MS,
    error: { isRetryable, retryAfterMs },
    maxRetryAfterMs: MAX_RETRY_AFTER_MS,
    random: () => clock.random(),
  })
}
