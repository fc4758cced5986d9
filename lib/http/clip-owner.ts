import type { DeletedBy } from '#lib/catalog/deletions.ts'
import { makerOf } from '#lib/clips/maker.ts'
import type { Clip } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { hasSession, requireOperator } from './admin-session.ts'
import { identifyReader } from './admission.ts'
import { bearerOf, isOneOf } from './auth.ts'
import type { RequestContext } from './respond.ts'

/** Who lists and deletes clips: the key that made them, as their records have it, or the operator, whose are all. */
export type Owner =
  | { by: Extract<DeletedBy, 'maker'>; madeBy: string }
  | { by: 'operator'; madeBy?: undefined }

/**
 * Authenticates whoever lists or deletes clips, by one of `VOCALIZE_API_KEYS`, or as an operator. Where there are no such keys
 * clips belong to nobody.
 *
 * @throws ServiceError `unauthorized`, `rate_limited` (too many wrong keys), `cross_site`
 */
export async function identifyOwner(request: Request, context: RequestContext): Promise<Owner> {
  const { services } = context
  const { adminApiKey, vocalizeApiKeys } = services.config.access
  const bearer = bearerOf(request)
  const isOperator = bearer !== undefined && adminApiKey !== undefined && isOneOf(bearer, [adminApiKey])
  const mayBeOperator = isOperator || (bearer === undefined && (await hasSession(services, request.headers)))
  if (!mayBeOperator && vocalizeApiKeys.length > 0) {
    const madeBy = await makerOf(services, await identifyReader(request, context))
    if (madeBy) return { by: 'maker', madeBy }
    throw new ServiceError('storage_unavailable', 'The key of the hashes cannot be read at the moment')
  }
  if (!mayBeOperator && bearer === undefined) {
    const message =
      'Clips belong to nobody here, since VOCALIZE_API_KEYS is not set: only the operator lists and deletes them, with "Authorization: Bearer <ADMIN_API_KEY>"'
    throw new ServiceError('unauthorized', message)
  }
  await requireOperator(request, services)
  return { by: 'operator' }
}

/** Whether the notes about a clip may be shown to whoever sends `request`. Wrong keys count, and are no error. */
export async function maySeeNotes(request: Request, context: RequestContext, clip: Clip): Promise<boolean> {
  const hasKey = bearerOf(request) !== undefined || request.headers.has('xi-api-key')
  const owner = hasKey ? await identifyOwner(request, context).catch(() => undefined) : undefined
  return owner !== undefined && isOwn(clip, owner)
}

/** Whether a clip belongs to `owner`. */
export const isOwn = (clip: Clip, owner: Owner) =>
  owner.by === 'operator' || (clip.madeBy !== null && clip.madeBy === owner.madeBy)
