import { setTimeout as sleep } from 'node:timers/promises'
import type { Services } from '#lib/context.ts'
import { type Figures, type Range, readStats } from './read-stats.ts'

/** How often it is asked whether anything has changed. */
const POLL_MS = 1000
/** Figures move on with time even where nothing happens. */
const LONGEST_STILL_MS = 30_000
/** Reading takes at most this share of the time, however many clips there are. */
const SHARE_OF_TIME = 1 / 15

/** Yields the figures of a range now and after each change, until `signal` aborts. @throws CatalogError */
export async function* watchStats(
  services: Services,
  range: Range,
  signal: AbortSignal,
): AsyncGenerator<Figures, void> {
  let known = ''
  let readAt = Number.NEGATIVE_INFINITY
  let tookMs = 0
  while (!signal.aborted) {
    const fingerprint = await fingerprintOf(services)
    const stillMs = performance.now() - readAt
    const isDue = fingerprint !== known && stillMs >= tookMs / SHARE_OF_TIME
    if (isDue || stillMs >= LONGEST_STILL_MS) {
      known = fingerprint
      readAt = performance.now()
      const figures = await readStats(services, range)
      tookMs = performance.now() - readAt
      yield figures
    }
    await sleep(POLL_MS, undefined, { signal, ref: false }).catch(() => {})
  }
}

/** Differs once anything has happened; cheap however many clips there are. */
async function fingerprintOf({ catalog, chain }: Services): Promise<string> {
  return JSON.stringify([await catalog.totals(), await catalog.counters.read(), chain.breakers()])
}
