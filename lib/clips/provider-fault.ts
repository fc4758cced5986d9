import { ChainError } from '#lib/ipfs/chain/errors.ts'
import { ProviderError } from '#lib/model/errors.ts'

/** Whether a round failed through the fault of a provider and not of the clip: other clips are likely to fail as well. */
export function isProviderFault(error: unknown): boolean {
  if (!ChainError.isInstance(error)) return false
  const { errors } = error.cause as AggregateError
  return errors.some((cause) => ProviderError.isInstance(cause) && cause.isRetryable)
}
