import type { Alignment } from '#lib/captions/alignment.ts'
import { unpackAlignment } from '#lib/captions/pack.ts'
import type { Services } from '#lib/context.ts'
import { type Clip, isClipId, isGone } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { deletedError } from './deleted-error.ts'

/**
 * The captions of clip `id`, with its record.
 *
 * @throws ServiceError `not_found` (no such clip, or one without captions), `expired`, `deleted`
 * @throws CatalogError when the catalog fails
 */
export async function readCaptions(
  { catalog, clock, config }: Services,
  id: string,
): Promise<{ clip: Clip; alignment: Alignment }> {
  const clip = isClipId(id) ? await catalog.clips.find(id) : null
  if (clip?.state === 'deleted') throw deletedError(clip)
  if (!clip?.cid) throw new ServiceError('not_found', 'There is no clip with this id')
  if (isGone(clip, clock.now(), config.tempAudio.keepPending)) {
    throw new ServiceError('expired', 'This clip has expired, and its captions with it')
  }
  const kept = clip.captionsCid === null ? null : await catalog.captions.find(id)
  if (kept) return { clip, alignment: unpackAlignment(kept.alignment) }
  throw new ServiceError(
    'not_found',
    'This clip has no captions: they are made where it is asked for with "timestamps": true, by voices that say when which word is spoken',
  )
}
