import { setTimeout as sleep } from 'node:timers/promises'
import type { Services } from '#lib/context.ts'
import { type Range, readStats, type Stats } from './read-stats.ts'

/** How often it is seen to whether anything has changed. */
const POLL_MS = 1000
/** The range moves on with time, even where nothing happens. */
const MAX_AGE_MS = 30_000
/** At most this share of the time is spent on reading, however many clips there are. */
const MAX_READING_SHARE = 1 / 15

/** Yields the stats of a range now and after each change, until `signal` aborts. @throws CatalogError */
export async function* watchStats(
  services: Services,
  range: Range,
  signal: AbortSignal,
): AsyncGenerator<Stats, void> {
  const { chain, lookout, speech } = services
  let known = ''
  let hasChanged = true
  let readAt = Number.NEGATIVE_INFINITY
  let tookMs = 0
  const leave = lookout.watchAll(() => {
    hasChanged = true
  })
  try {
    while (!signal.aborted) {
      const states = JSON.stringify([chain.breakers(), speech.states()])
      const ageMs = performance.now() - readAt
      const isDue = (hasChanged || states !== known) && ageMs >= tookMs / MAX_READING_SHARE
      if (isDue || ageMs >= MAX_AGE_MS) {
        hasChanged = false
        known = states
        readAt = performance.now()
        const stats = await readStats(services, range)
        tookMs = performance.now() - readAt
        yield stats
      }
      await sleep(POLL_MS, undefined, { signal, ref: false }).catch(() => {})
    }
  } finally {
    leave()
  }
}
