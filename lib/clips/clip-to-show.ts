import type { Services } from '#lib/context.ts'
import { canonicalCid } from '#lib/ipfs/blocks/parse-cid.ts'
import { type Clip, isClipId } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { deletedError } from './deleted-error.ts'
import { findClip } from './find-clip.ts'
import { openClip } from './open-clip.ts'

/**
 * The clip of a page: `name` is its id, or the CID of a stored one, as in `findClip`. One that is still being spoken has a
 * page, too; the file of captions has that of its clip.
 *
 * @throws ServiceError `not_found`, `expired`, `deleted`
 * @throws CatalogError when the catalog fails
 */
export async function clipToShow(services: Services, name: string): Promise<Clip> {
  const id = name.toLowerCase()
  const clip = await findClip(services, isClipId(id) ? id : name)
  if (!clip) {
    const cid = canonicalCid(name)
    if (cid && (await services.catalog.deletions.hasContent(cid))) throw deletedError({ deletedAt: null })
    throw new ServiceError('not_found', 'There is no clip with this id or CID')
  }
  if (clip.state === 'speaking') return clip
  return (await openClip(services, clip.captionsOf ?? clip.id)).clip
}
