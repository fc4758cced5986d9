import { ChainError } from '#lib/ipfs/chain/errors.ts'
import { ProviderError } from '#lib/model/errors.ts'

/** Whether a provider, and not the clip, was at fault for a failed round: the next clip may fare better or not. */
export function isProvidersFault(error: unknown): boolean {
  if (!ChainError.isInstance(error)) return false
  const { errors } = error.cause as AggregateError
  return errors.some((cause) => ProviderError.isInstance(cause) && cause.isRetryable)
}
