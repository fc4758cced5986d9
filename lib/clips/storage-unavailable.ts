import { CatalogError } from '#lib/catalog/connection.ts'
import { ChainError } from '#lib/ipfs/chain/errors.ts'
import { ServiceError } from '#lib/model/errors.ts'

/**
 * The error of a request whose clip could be kept nowhere. The message of a catalog's error is left out: it names its
 * server and its user. `savingId`: the id of a clip that was spoken and is being saved.
 */
export function storageUnavailable(
  storeError: Error,
  { ipfsError, savingId }: { ipfsError?: unknown; savingId?: string } = {},
): ServiceError {
  const providers = ChainError.isInstance(ipfsError) ? ipfsError.failures : []
  const reasons = [
    CatalogError.isInstance(storeError)
      ? 'catalog: cannot be reached'
      : `temporary store: ${storeError.message}`,
    ...(ChainError.isInstance(ipfsError) ? [`IPFS: ${ipfsError.message}`] : []),
  ]
  return new ServiceError(
    'storage_unavailable',
    `Neither IPFS nor the temporary store could take the audio (${reasons.join('; ')})${savingId ? savingNote(savingId) : ''}`,
    {
      cause: new AggregateError([storeError, ipfsError].filter(Boolean)),
      retryAfterMs: savingId ? 5000 : 30_000,
      providers,
    },
  )
}

const savingNote = (id: string) =>
  `. It is not lost: it is being saved as clip ${id}, and the same request gets it once that is done`
