import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { possibleCids } from '#lib/ipfs/blocks/parse-cid.ts'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import { ProviderError } from '#lib/model/errors.ts'
import { waitBeforeRetry } from '#lib/platform/backoff.ts'
import type { Clock } from '#lib/platform/clock.ts'
import { withTimeLimit } from '#lib/platform/clock.ts'
import { type Breaker, createBreaker } from './breaker.ts'
import { AttemptsFailedError, asProviderError, NotTriedError } from './errors.ts'
import { type ProviderSlots, slotWithin } from './slots.ts'

/** A question whether a provider holds a clip already may take this long. */
const LOOKUP_TIMEOUT_MS = 5000

/** How long the background waits for a slot at a provider. What is under a lease has time for one such wait a try. */
const SLOT_TIMEOUT_MS = 10_000

/**
 * Who waits for an upload.
 *
 * - `interactive`: never tries a provider that is known to be sick
 * - `background`: probes it, and waits for a slot before each try
 * - `lastResort`: a caller whose clip has no later: probes, and waits for nobody
 */
export type Priority = 'interactive' | 'background' | 'lastResort'

/** Where the chain writes down each try. */
export interface AttemptLog {
  begin(provider: string): Promise<number>
  end(
    id: number,
    provider: string,
    end: { outcome: 'stored' | 'failed'; durationMs: number; error?: ProviderError },
  ): Promise<void>
}

export interface ChainResult {
  provider: string
  ipfsHash: string
  gatewayUrl: string
}

/** What one upload is about. */
export interface UploadRun {
  priority: Priority
  attemptLog: AttemptLog
  isAmbiguous: boolean
  signal: AbortSignal
}

/** One provider in the chain: its tries, their waits and time limits, its breaker. */
export interface ProviderRunner {
  readonly provider: IpfsProvider
  readonly breaker: Breaker
  mayTry(priority: Priority): boolean
  /** @throws NotTriedError, AttemptsFailedError; the signal's reason when it aborts */
  upload(content: IpfsContent, use: UploadRun): Promise<ChainResult>
  /** Where the provider has rested, asks it for a clip, so that one that has healed is used again. */
  probe(cid: string, signal: AbortSignal): Promise<void>
}

export interface RunnerOptions {
  /** The waits between the tries at one provider, in milliseconds; their number is the number of retries. */
  retryDelaysMs: readonly number[]
  attemptTimeoutMs: number
  /** A `Retry-After` beyond this is not waited for: the next provider gets its turn. */
  maxRetryAfterMs: number
  clock: Clock
  /** What bounds the background's uploads at each provider. */
  slots?: ProviderSlots
}

/** `onChange`: hears of each change of the breaker. */
export function createProviderRunner(
  provider: IpfsProvider,
  options: RunnerOptions & { onChange: () => void },
): ProviderRunner {
  const { clock, maxRetryAfterMs, slots, onChange } = options
  const breaker = createBreaker({ now: () => clock.now(), maxRetryAfterMs, onChange })

  function timeLimit<T>(timeoutMs: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>) {
    const timeoutError = () =>
      new ProviderError(`No answer within ${timeoutMs} ms`, { isRetryable: true, mayHaveStored: true })
    return withTimeLimit(work, { clock, timeoutMs, signal, timeoutError })
  }

  /**
   * The CID by which the provider holds the clip after all, if it does. A question that cannot be answered now fails the
   * try: waiting loses nothing, while sending could store the clip twice.
   */
  async function reconcile(content: IpfsContent, signal: AbortSignal): Promise<string | undefined> {
    const timeoutMs = Math.min(LOOKUP_TIMEOUT_MS, options.attemptTimeoutMs)
    try {
      for (const cid of await possibleCids(content)) {
        const ask = (limited: AbortSignal) => provider.holds(cid, { signal: limited })
        if ((await timeLimit(timeoutMs, signal, ask)) !== true) continue
        breaker.answered()
        return cid
      }
    } catch (error) {
      if (signal.aborted || (ProviderError.isInstance(error) && error.isRetryable)) throw error
    }
    return undefined
  }

  async function send(content: IpfsContent, signal: AbortSignal): Promise<string> {
    const upload = (limited: AbortSignal) => provider.upload(content, { signal: limited })
    const { cid } = await timeLimit(options.attemptTimeoutMs, signal, upload)
    breaker.succeeded()
    return cid
  }

  /** @throws NotTriedError when nobody may try the provider now */
  async function tryOnce(content: IpfsContent, use: UploadRun) {
    const isBound = slots && use.priority === 'background'
    if (!isBound) return tryNow(content, use)
    const wait = { provider: provider.name, timeoutMs: SLOT_TIMEOUT_MS, clock, signal: use.signal }
    const release = await slotWithin(slots, wait)
    try {
      return await tryNow(content, use)
    } finally {
      release()
    }
  }

  async function tryNow(content: IpfsContent, { priority, isAmbiguous, attemptLog, signal }: UploadRun) {
    const wasProbe = breaker.state() !== 'closed'
    // Whoever waited may find that others have found it sick, or are probing it.
    if (!mayTry(priority) || (wasProbe && !breaker.beginProbe())) {
      throw new NotTriedError('it has failed repeatedly and is being rested')
    }
    const id = await attemptLog.begin(provider.name)
    const startedAt = clock.now()
    const durationMs = () => Math.max(0, clock.now() - startedAt)
    try {
      const recognised = isAmbiguous ? await reconcile(content, signal) : undefined
      const ipfsHash = recognised ?? (await send(content, signal))
      const { name, gatewayUrl } = provider
      return { id, result: { provider: name, ipfsHash, gatewayUrl }, durationMs }
    } catch (cause) {
      if (signal.aborted) throw signal.reason
      const error = asProviderError(cause)
      breaker.failed(error, { wasProbe })
      await attemptLog.end(id, provider.name, { outcome: 'failed', durationMs: durationMs(), error })
      throw error
    }
  }

  async function upload(content: IpfsContent, use: UploadRun): Promise<ChainResult> {
    let { isAmbiguous } = use
    let lastError: ProviderError | undefined
    for (let tries = 1; ; tries += 1) {
      try {
        const { id, result, durationMs } = await tryOnce(content, { ...use, isAmbiguous })
        // What the provider holds is held, whether or not the attemptLog can be written now.
        await use.attemptLog
          .end(id, result.provider, { outcome: 'stored', durationMs: durationMs() })
          .catch(() => {})
        return result
      } catch (error) {
        if (NotTriedError.isInstance(error) && lastError) throw new AttemptsFailedError(tries - 1, lastError)
        if (!ProviderError.isInstance(error)) throw error
        lastError = error
        const { retryDelaysMs: delaysMs } = options
        const waitMs = waitBeforeRetry({
          tries,
          delaysMs,
          error,
          maxRetryAfterMs,
          random: () => clock.random(),
        })
        if (waitMs === undefined || breaker.state() !== 'closed') throw new AttemptsFailedError(tries, error)
        isAmbiguous ||= error.mayHaveStored
        await clock.sleep(waitMs, use.signal)
        // Others may have found it sick meanwhile.
        if (breaker.state() !== 'closed') throw new AttemptsFailedError(tries, error)
      }
    }
  }

  function mayTry(priority: Priority): boolean {
    const state = breaker.state()
    return state === 'closed' || (state === 'half_open' && priority !== 'interactive')
  }

  async function probe(cid: string, signal: AbortSignal) {
    if (!breaker.beginProbe()) return
    try {
      await timeLimit(LOOKUP_TIMEOUT_MS, signal, (limited) => provider.holds(cid, { signal: limited }))
      breaker.answered()
    } catch (error) {
      if (signal.aborted) throw signal.reason
      breaker.failed(asProviderError(error), { wasProbe: true })
    }
  }

  return { provider, breaker, mayTry, upload, probe }
}
