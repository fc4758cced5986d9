import { ProviderError, type ProviderFailure } from '#lib/model/errors.ts'
import { describeError, markedError } from '#lib/platform/errors.ts'

/** No provider took the clip. */
export class ChainError extends markedError('ChainError') {
  readonly failures: ProviderFailure[]

  constructor(failures: ProviderFailure[], causes: unknown[]) {
    const told = failures.map(({ provider, error }) => `${provider}: ${error}`).join('; ')
    super(told || 'No IPFS provider is configured', { cause: new AggregateError(causes) })
    this.failures = failures
  }

  /** How many tries were made at all providers together. */
  get attempts(): number {
    return this.failures.reduce((sum, failure) => sum + failure.attempts, 0)
  }
}

/** One provider has used up its tries. */
export class AttemptsFailedError extends markedError('AttemptsFailedError') {
  readonly tries: number

  constructor(tries: number, cause: ProviderError) {
    super(cause.message, { cause })
    this.tries = tries
  }
}

/** One provider may not be tried now, which is no fault of the clip. */
export class NotTriedError extends markedError('NotTriedError') {
  /** It is well, and has its hands full. */
  readonly isBusy: boolean

  constructor(reason: string, { isBusy = false } = {}) {
    super(reason)
    this.isBusy = isBusy
  }
}

/** Takes an error that says nothing of itself for one that no retry mends. */
export function asProviderError(error: unknown): ProviderError {
  if (ProviderError.isInstance(error)) return error
  return new ProviderError(describeError(error), { isRetryable: false, mayHaveStored: true, cause: error })
}
