import { deletedError } from '#lib/clips/deleted-error.ts'
import { type ClipHistory, readClip } from '#lib/clips/watch-clip.ts'
import type { Services } from '#lib/context.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { idInPath } from './id-in-path.ts'

/**
 * The clip that the path of a request names.
 *
 * @throws ServiceError `not_found`, `deleted` unless `evenDeleted`
 */
export async function requireClip(
  request: Request,
  services: Services,
  { evenDeleted = false } = {},
): Promise<ClipHistory> {
  const history = await readClip(services, idInPath(request))
  if (!history) throw new ServiceError('not_found', 'There is no clip with this id')
  if (history.clip.state === 'deleted' && !evenDeleted) throw deletedError(history.clip)
  return history
}
