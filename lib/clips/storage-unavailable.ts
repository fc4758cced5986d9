import { CatalogError } from '#lib/catalog/connection.ts'
import { ChainError } from '#lib/ipfs/chain/errors.ts'
import { ServiceError } from '#lib/model/errors.ts'

/**
 * The error of a request whose clip could be kept nowhere. The message of a catalog's error is left out: it names its
 * server and its user.
 */
export function storageUnavailable(storeError: Error, ipfsError?: unknown): ServiceError {
  const providers = ChainError.isInstance(ipfsError) ? ipfsError.failures : []
  const reasons = [
    CatalogError.isInstance(storeError)
      ? 'catalog: cannot be reached'
      : `temporary store: ${storeError.message}`,
    ...(ChainError.isInstance(ipfsError) ? [`IPFS: ${ipfsError.message}`] : []),
  ]
  return new ServiceError(
    'storage_unavailable',
    `Neither IPFS nor the temporary store could take the audio (${reasons.join('; ')})`,
    {
      cause: new AggregateError([storeError, ipfsError].filter(Boolean)),
      retryAfterMs: 30_000,
      providers,
    },
  )
}
