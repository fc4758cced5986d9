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
 * Returns `false` where it was stored or expired meanwhile.
 */
export async function expireClip(services: Services, clip: Clip): Promise<boolean> {
  const { catalog, log } = services
  const error = clip.lastError ?? 'No IPFS provider took it within its time'
  if (!(await catalog.clips.expire(clip.id, { error }))) return false
  const { id: clipId, requestId, cid, attempts } = clip
  log.error({ clipId, requestId, cid, attempts, error }, 'A clip expired before any IPFS provider took it')
  await letGo(services, clip)
  return true
}
