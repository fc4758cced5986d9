import { describeError, isProviderError, ProviderError } from '../errors.ts'

/** One provider has used up its tries. */
export class TriesFailed extends Error {
  readonly tries: number

  constructor(tries: number, cause: ProviderError) {
    super(cause.message, { cause })
    this.tries = tries
  }
}

/** One provider may not be tried now, which is no fault of the clip. */
export class NotTried extends Error {
  /** It is well, and has its hands full. */
  readonly isBusy: boolean

  constructor(reason: string, { isBusy = false } = {}) {
    super(reason)
    this.isBusy = isBusy
  }
}

/** Takes an error that says nothing of itself for one that no retry mends. */
export function asProviderError(error: unknown): ProviderError {
  if (isProviderError(error)) return error
  return new ProviderError(describeError(error), { isRetryable: false, mayHaveStored: true, cause: error })
}
