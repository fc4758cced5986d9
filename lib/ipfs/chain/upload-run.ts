import type { ProviderError } from '#lib/model/errors.ts'

/**
 * Who waits for an upload, and how far it may go.
 *
 * - `interactive`: a caller waits: never tries a provider whose breaker is not closed
 * - `background`: nobody waits: may probe a half-open provider, and waits for a slot before each attempt
 * - `lastResort`: a caller waits whose clip cannot be kept for later: tries every provider, those whose breaker is open
 *   after the others, and waits for no slot
 */
export type Priority = 'interactive' | 'background' | 'lastResort'

/** Where the chain records each attempt: before it starts, so that a crash leaves a trace, and when it ends. */
export interface AttemptLog {
  /** Returns the id of the attempt, which takes `timeoutMs` at most. */
  begin(provider: string, attempt: { timeoutMs: number }): Promise<number>
  end(
    id: number,
    provider: string,
    end: { outcome: 'stored' | 'failed'; durationMs: number; error?: ProviderError },
  ): Promise<void>
}

/** A provider that holds a clip, and the CID by which it does. */
export interface Holder {
  provider: string
  ipfsHash: string
  gatewayUrl: string
}

/** The settings of one upload. */
export interface UploadRun {
  priority: Priority
  attemptLog: AttemptLog
  /** Whether the provider may hold the content from an earlier attempt. */
  isAmbiguous: boolean
  /** Whether it is to be sent the plain file, where it takes that: it has not delivered what came as a CAR. */
  prefersFile: boolean
  /** Ends all at once, attempts included. */
  signal: AbortSignal
  /** Aborts with `signal`, or when nothing more is to begin: an attempt that is under way goes on to its end. */
  over: AbortSignal
  /** Aborts when the caller waits no longer for those that were asked so far. Never where nobody waits. */
  gaveUp: AbortSignal
  /** Is called when the provider waits for its next attempt or is slow to answer: others may be asked meanwhile. */
  onStall: () => void
}
