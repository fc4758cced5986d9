import type { Pin } from '#lib/catalog/schema.ts'
import type { Services } from '#lib/context.ts'
import type { Clip } from '#lib/model/clip.ts'
import { describeError } from '#lib/platform/errors.ts'
import { bestEffortLog } from './attempt-log.ts'
import { contentOf } from './clip-content.ts'
import { addressOf, recordPin } from './record-pin.ts'
import { verifyPin } from './verify-pin.ts'

/**
 * Uploads a clip that its provider has lost to the same provider again, and reads it back. What the provider takes and
 * does not deliver stays lost: another one is to get it. `isLeft`: there is another one; otherwise the provider has the
 * time that it has for any new clip.
 *
 * @throws CatalogError when the catalog fails
 */
export async function repairPin(
  services: Services,
  clip: Clip,
  pin: Pin,
  { isLeft, signal }: { isLeft: boolean; signal: AbortSignal },
): Promise<boolean> {
  const { catalog, chain, clock, log } = services
  const { provider } = pin
  const facts = { clipId: clip.id, provider }
  try {
    const stored = await chain.upload(await contentOf(services, clip), {
      priority: 'background',
      attemptLog: bestEffortLog(services, clip.id, 'replica'),
      heldBy: chain.providers.filter((name) => name !== provider),
      signal,
    })
    const repaired = { ...pin, cid: stored.ipfsHash }
    const { outcome, error } = await verifyPin(services, clip, repaired)
    if (outcome === 'delivered') {
      const now = clock.now()
      const { clipId, cid } = repaired
      const proven = { clipId, provider, cid, pinnedAt: now, checkedAt: now, provenAt: now }
      await catalog.pins.add(proven, addressOf(services, clip, repaired))
      log.info({ ...facts, cid }, 'A lost clip was uploaded again')
      return true
    }
    log.error({ ...facts, error }, 'A provider has taken a lost clip again and does not deliver it')
    if (!isLeft) await recordPin(services, clip, stored)
  } catch (error) {
    log.error({ ...facts, error: services.scrub(describeError(error)) }, 'A lost clip could not be repaired')
  }
  return false
}
