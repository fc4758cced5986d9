import type { Services } from '#lib/context.ts'
import { longestAttemptMs } from '#lib/ipfs/chain/attempt-limit.ts'
import { LONGEST_BACKOFF_MS } from '#lib/platform/backoff.ts'
import { DAY_MS } from '#lib/platform/units.ts'
import { leaseMs } from './lease.ts'

/** No webhook waits longer for its next attempt. */
const LONGEST_WEBHOOK_WAIT_MS = 2 * DAY_MS

/**
 * Looks whether the clock has jumped since any process looked last. To be called at the start and every minute: what
 * nobody has seen pass does not count as life of a clip. After a jump back, what waits for dates that nobody meant is due.
 *
 * @throws CatalogError
 */
export async function lookAtClock(services: Services, { isStart = false } = {}): Promise<void> {
  const { catalog, clock, config, leaseOwner, log } = services
  // Where nothing runs between requests nobody looks either.
  const jumpedByMs = config.hasBackground ? await catalog.clock.look(clock.now()) : 0
  if (jumpedByMs !== 0) {
    log.info(
      { jumpedByMs },
      'The clock has jumped, or nobody looked at it: no clip ends before it had its time',
    )
  }
  if (jumpedByMs >= 0 && !isStart) return
  const pulledBack = await catalog.clock.pullBack({
    now: clock.now(),
    self: leaseOwner,
    // Processes that share a catalog may be configured differently.
    leaseMs: 3 * leaseMs(services, longestAttemptMs(config.ipfs.attemptTimeoutMs)),
    clipWaitMs: LONGEST_BACKOFF_MS,
    // How long one has to wait depends on its attempts, so that all are tried once more.
    webhookWaitMs: jumpedByMs < 0 ? 0 : LONGEST_WEBHOOK_WAIT_MS,
  })
  if (pulledBack > 0) log.warn({ pulledBack }, 'What waited for dates of a clock that was set back is due')
}

/** From when on clips may be ended, in milliseconds since the epoch: only then have the oldest had their whole time. */
export async function clipsMayEndAt({ catalog, config }: Services): Promise<number> {
  const steadySince = await catalog.clock.steadySince()
  return steadySince === undefined ? 0 : steadySince + config.tempAudio.ttlMs
}
