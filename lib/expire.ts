import type { Clip } from './clip.ts'
import type { Services } from './services.ts'

/** Deletes a clip's bytes from the temporary store. Its record stays. */
export async function letGo(
  { catalog, store }: Pick<Services, 'catalog' | 'store'>,
  clip: Clip,
): Promise<void> {
  await store.delete(clip.id)
  await catalog.clips.letGo(clip.id)
}

/**
 * Ends a clip that no provider took in its time: counted, logged as an error, its bytes deleted.
 * Returns `false` where it was stored or expired meanwhile, or where somebody other than `leaseOwner` is at work on it.
 */
export async function expireClip(
  services: Services,
  clip: Clip,
  { leaseOwner }: { leaseOwner?: string } = {},
): Promise<boolean> {
  const { catalog, clock, log } = services
  const error = clip.lastError ?? 'No IPFS provider took it within its time'
  if (!(await catalog.clips.expire(clip.id, { error, now: clock.now(), leaseOwner }))) return false
  const { id: clipId, requestId, cid, attempts } = clip
  log.error({ clipId, requestId, cid, attempts, error }, 'A clip expired before any IPFS provider took it')
  await letGo(services, clip)
  return true
}
