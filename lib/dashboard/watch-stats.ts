import { setTimeout as sleep } from 'node:timers/promises'
import type { Services } from '#lib/context.ts'
import { type Range, readStats, type Stats } from './read-stats.ts'

/** How often the service is checked for changes. */
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
  let known = ''
  let readAt = Number.NEGATIVE_INFINITY
  let tookMs = 0
  while (!signal.aborted) {
    const fingerprint = await fingerprintOf(services)
    const ageMs = performance.now() - readAt
    const isDue = fingerprint !== known && ageMs >= tookMs / MAX_READING_SHARE
    if (isDue || ageMs >= MAX_AGE_MS) {
      known = fingerprint
      readAt = performance.now()
      const stats = await readStats(services, range)
      tookMs = performance.now() - readAt
      yield stats
    }
    await sleep(POLL_MS, undefined, { signal, ref: false }).catch(() => {})
  }
}

/** Another text after each change; cheap however many clips there are. */
async function fingerprintOf({ catalog, chain, speech }: Services): Promise<string> {
  const states = [chain.breakers(), speech.states()]
  return JSON.stringify([await catalog.totals(), await catalog.counters.read(), states])
}
