import type { Clip } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'

/** The error for whoever asks for a clip that was deleted. */
export function deletedError({ deletedAt }: Pick<Clip, 'deletedAt'>): ServiceError {
  const when = deletedAt === null ? '' : ` on ${new Date(deletedAt).toISOString()}`
  const message = `This clip was deleted${when}, by whoever had it made or by the operator`
  return new ServiceError('deleted', message)
}
