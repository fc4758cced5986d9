import type { DeletedBy, Deletion } from '#lib/catalog/deletions.ts'
import type { Services } from '#lib/context.ts'
import { type Clip, captionsIdOf, isClipId } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { eraseDue } from './erase-clip.ts'

/** How long a clip that is being spoken takes at least. */
const RETRY_SPEAKING_MS = 5000
const POLL_MS = 50

/** A clip that is not served any more, and how far its deletion has come; that of its captions second. */
export interface DeletedClip {
  clip: Clip
  deletions: Deletion[]
}

/**
 * Deletes a clip for good: nobody is served it from now on, and what is left of it is deleted here and at its providers, for
 * which this waits `UPLOAD_DEADLINE_MS` at most. What does not work now is done in the background. The clip of a script
 * takes the pieces along that were spoken for it alone.
 *
 * @throws ServiceError `not_found`, `clip_in_use`
 * @throws CatalogError
 */
export async function deleteClip(services: Services, id: string, by: DeletedBy): Promise<DeletedClip> {
  const { catalog, clock, config, log, tasks } = services
  const outcome = isClipId(id) ? await catalog.deletions.request(id, { by, now: clock.now() }) : 'unknown'
  if (outcome === 'unknown') throw new ServiceError('not_found', 'There is no clip with this id')
  if (outcome === 'speaking') {
    const message = 'This clip is being spoken; delete it once it is'
    throw new ServiceError('clip_in_use', message, { retryAfterMs: RETRY_SPEAKING_MS })
  }
  if (outcome === 'in_script') {
    const message = 'This clip is needed for a script that is not joined yet; cancel the script first'
    throw new ServiceError('clip_in_use', message)
  }
  log.info({ clipId: id, by }, 'A clip is being deleted')
  const isOver = new AbortController()
  const erasing = tasks.track(eraseNow(services, id, isOver.signal))
  await Promise.race([erasing, clock.sleep(config.ipfs.uploadDeadlineMs, isOver.signal)]).catch(() => {})
  isOver.abort()
  return (await readDeleted(services, id)) as DeletedClip
}

/** One round for the clip and one for its captions, or those that others have begun already; waits for theirs until `isOver`. */
async function eraseNow(services: Services, id: string, isOver: AbortSignal) {
  const { catalog, clock, tasks } = services
  const { signal } = tasks
  while (!isOver.aborted) {
    for (const clipId of [id, captionsIdOf(id)]) await eraseDue(services, { clipId, limit: 1, signal })
    const now = clock.now()
    const isUnderWay = (await catalog.deletions.ofClip(id)).some(
      ({ doneAt, nextAttemptAt }) => doneAt === null && nextAttemptAt <= now,
    )
    if (!isUnderWay) return
    await clock.sleep(POLL_MS, isOver).catch(() => {})
  }
}

/** A clip that was deleted; `null` where there is none. @throws CatalogError */
export async function readDeleted({ catalog }: Services, id: string): Promise<DeletedClip | null> {
  const clip = isClipId(id) ? await catalog.clips.find(id) : null
  if (clip?.state !== 'deleted') return null
  return { clip, deletions: await catalog.deletions.ofClip(id) }
}
