import type { Services } from '#lib/composition.ts'
import { isChainError } from '#lib/ipfs/chain/errors.ts'
import { isProviderError } from '#lib/model/errors.ts'
import { sameEverywhere } from '#lib/platform/process-singleton.ts'

interface Outage {
  /** Since when uploads succeed, in milliseconds since the epoch; `undefined` where one has failed since. */
  endedAt: number | undefined
}

/**
 * What this process has seen of its providers' last outage. Clips that fail after its end, while others succeed, are
 * themselves at fault: they wait for their own date.
 */
export const outageOf = (services: Services) =>
  sameEverywhere<Outage>(services, 'outage', () => ({ endedAt: undefined }))

/** Whether a provider, and not the clip, was at fault for a failed round: the next clip may fare better or not. */
export function isProvidersFault(error: unknown): boolean {
  if (!isChainError(error)) return false
  const { errors } = error.cause as AggregateError
  return errors.some((cause) => isProviderError(cause) && cause.isRetryable)
}
