import type { Services } from '#lib/context.ts'
import type { Identity } from '#lib/ipfs/ipni/identity.ts'
import { exponentialBackoff } from '#lib/platform/backoff.ts'
import { describeError } from '#lib/platform/errors.ts'
import { DAY_MS } from '#lib/platform/units.ts'

const TIMEOUT_MS = 15_000
/** Indexers forget who could not be reached for some days: they are told again of what they should know. */
const AGAIN_AFTER_MS = DAY_MS

/**
 * Tells the indexer of the head of our chain where that is due: after it has moved, once a day, and after a failure ever
 * later.
 *
 * @throws CatalogError
 */
export async function announceHead(services: Services, { peerId }: Identity): Promise<void> {
  const { catalog, clock, ipni, log, scrub, tasks } = services
  const known = await catalog.ipni.chain()
  if (!ipni || !known?.head || known.nextAnnouncementAt > clock.now() || tasks.signal.aborted) return
  const { head, failedAnnouncements } = known
  // One process does it. Where it dies meanwhile, it is done again a little later.
  const chain = await catalog.ipni.scheduleAnnouncement(known, {
    nextAnnouncementAt: clock.now() + 2 * TIMEOUT_MS,
    failedAnnouncements,
  })
  if (!chain) return
  const schedule = (waitMs: number, failed: number) =>
    catalog.ipni.scheduleAnnouncement(chain, {
      nextAnnouncementAt: clock.now() + waitMs,
      failedAnnouncements: failed,
    })
  const signal = AbortSignal.any([tasks.signal, AbortSignal.timeout(TIMEOUT_MS)])
  try {
    await ipni.announce({ head, peerId }, { signal })
    await schedule(AGAIN_AFTER_MS, 0)
    log.debug({ head }, 'Announced')
  } catch (cause) {
    if (tasks.signal.aborted) return
    const failed = failedAnnouncements + 1
    log.warn({ head, failed, error: scrub(describeError(cause)) }, 'The IPNI indexer was not told yet')
    await schedule(
      exponentialBackoff(failed, () => clock.random()),
      failed,
    )
  }
}
