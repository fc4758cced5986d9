import type { NewClip } from '#lib/catalog/clips.ts'
import { LIVE_LEASE_MS } from '#lib/catalog/leases.ts'
import type { Services } from '#lib/context.ts'

/**
 * Makes sure that a clip that was spoken has a record: it may never have been written, or another process may have taken
 * the clip for abandoned meanwhile.
 *
 * @throws CatalogError
 */
export async function ensureRecord(
  { catalog, clock, leaseOwner }: Services,
  newClip: NewClip,
): Promise<void> {
  if (await catalog.clips.find(newClip.id)) return
  const lease = { leaseOwner, leaseExpiresAt: clock.now() + LIVE_LEASE_MS }
  await catalog.clips.reserve({ ...newClip, ...lease }, Number.MAX_SAFE_INTEGER)
}
