import { ProviderError, type ProviderFailure } from '#lib/model/errors.ts'
import { describeError, markedError } from '#lib/platform/errors.ts'

/** No provider took the clip. */
export class ChainError extends markedError('ChainError') {
  readonly failures: ProviderFailure[]

  constructor(failures: ProviderFailure[], causes: unknown[]) {
    const summary = failures.map(({ provider, error }) => `${provider}: ${error}`).join('; ')
    super(summary || 'No IPFS provider is configured', { cause: new AggregateError(causes) })
    this.failures = failures
  }

  /** How many attempts were made at all providers together. */
  get attempts(): number {
    return this.failures.reduce((sum, failure) => sum + failure.attempts, 0)
  }
}

/** One provider has failed at its last attempt; `cause` is that attempt's error. */
export class AttemptsFailedError extends markedError('AttemptsFailedError') {
  readonly attempts: number

  constructor(attempts: number, cause: ProviderError) {
    super(cause.message, { cause })
    this.attempts = attempts
  }
}

/** A provider was skipped for a reason that has nothing to do with the clip. */
export class NotTriedError extends markedError('NotTriedError') {
  /** The provider is healthy, and all its upload slots are in use. */
  readonly isBusy: boolean

  constructor(reason: string, { isBusy = false } = {}) {
    super(reason)
    this.isBusy = isBusy
  }
}

/** An error of any other kind becomes a `ProviderError` that is not retried, after which the provider may hold the clip. */
export function asProviderError(error: unknown): ProviderError {
  if (ProviderError.isInstance(error)) return error
  return new ProviderError(describeError(error), { isRetryable: false, mayHaveStored: true, cause: error })
}
