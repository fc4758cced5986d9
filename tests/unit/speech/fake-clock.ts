import type { Clock } from '#lib/platform/clock.ts'

/** A clock that stands still: `advance` moves it, and waits of up to `skipsUpToMs` are over at once. */
export function createFakeClock({ skipsUpToMs = 0, chance = 0 } = {}) {
  let now = Date.UTC(2026, 10, 22, 12, 0, 0)
  const sleepers = new Set<{ until: number; wake: () => void }>()
  const skippedMs: number[] = []

  const clock: Clock = {
    now: () => now,
    random: () => chance,
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      if (ms <= skipsUpToMs) {
        skippedMs.push(ms)
        return
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const sleeper = { until: now + ms, wake: resolve }
      sleepers.add(sleeper)
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      await promise.finally(() => sleepers.delete(sleeper))
    },
  }
  return {
    ...clock,
    /** The waits that were over at once, in milliseconds. */
    skippedMs,
    /** How many wait now. */
    waiting: () => sleepers.size,
    advance(ms: number) {
      now += ms
      for (const sleeper of sleepers) if (sleeper.until <= now) sleeper.wake()
    },
  }
}
