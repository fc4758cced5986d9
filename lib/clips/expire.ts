import type { Services } from '#lib/context.ts'
import type { Clip } from '#lib/model/clip.ts'
import { describeError } from '#lib/platform/errors.ts'

/**
 * Deletes the bytes of clips from the temporary store; their records stay. Returns how many were deleted: what the store
 * cannot delete now, the next clean-up tries again.
 *
 * @throws CatalogError when the catalog fails
 */
export async function deleteBytes(
  { catalog, store, log }: Services,
  clips: Pick<Clip, 'id'>[],
): Promise<number> {
  let deleted = 0
  // The records say which provider has the bytes, so that they must be durable before the bytes go.
  if (clips.length > 0) await catalog.sync()
  for (const { id } of clips) {
    const isDeleted = await store.delete(id).then(
      () => true,
      (error: unknown) => {
        log.error({ clipId: id, error: describeError(error) }, 'The bytes of a clip could not be deleted yet')
        return false
      },
    )
    if (!isDeleted) continue
    await catalog.clips.markBytesDeleted(id)
    deleted += 1
  }
  return deleted
}

/**
 * Expires a clip that no provider took in time: counts it, logs an error, and deletes its bytes.
 * Returns `false` where it was stored or expired meanwhile, or where another than `leaseOwner` has a lease on it.
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
  await deleteBytes(services, [clip])
  return true
}
