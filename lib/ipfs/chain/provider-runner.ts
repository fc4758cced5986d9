import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { possibleCids } from '#lib/ipfs/blocks/parse-cid.ts'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import { ProviderError } from '#lib/model/errors.ts'
import { waitBeforeRetry } from '#lib/platform/backoff.ts'
import { type Breaker, createBreaker } from '#lib/platform/breaker.ts'
import type { Clock } from '#lib/platform/clock.ts'
import { NOT_NEEDED, withTimeLimit } from '#lib/platform/clock.ts'
import { attemptLimitMs } from './attempt-limit.ts'
import { AttemptsFailedError, asProviderError, NotTriedError } from './errors.ts'
import { createPatience } from './patience.ts'
import { type ProviderSlots, slotWithin } from './slots.ts'
import type { Holder, Priority, UploadRun } from './upload-run.ts'

/** How long a provider may take to answer whether it holds a clip. */
const LOOKUP_TIMEOUT_MS = 5000

/**
 * How long a background upload waits for a slot at a provider. A clip's lease lasts long enough for one such wait per
 * attempt.
 */
const SLOT_TIMEOUT_MS = 10_000

/** One provider in the chain: its attempts with their waits and time limits, and its breaker. */
export interface ProviderRunner {
  readonly provider: IpfsProvider
  readonly breaker: Breaker
  mayTry(priority: Priority): boolean
  /** @throws NotTriedError, AttemptsFailedError; the reason of `signal` or `over` */
  upload(content: IpfsContent, run: UploadRun): Promise<Holder>
  /** If the breaker is half-open, asks the provider whether it holds `cid`: an answer closes the breaker. */
  probe(cid: string, signal: AbortSignal): Promise<void>
  /**
   * One attempt to have the provider end its pin of `cid`; what `IpfsProvider.unpin` gives.
   *
   * @throws NotTriedError, ProviderError; the signal's reason when it aborts
   */
  unpin(cid: string, signal: AbortSignal): Promise<true | undefined>
}

export interface RunnerOptions {
  /** The waits between the attempts at one provider, in milliseconds; their number is the number of retries. */
  retryDelaysMs: readonly number[]
  /** How long one attempt may take, for a clip of up to 4 MiB. */
  attemptTimeoutMs: number
  /** How long a caller waits. A longer `Retry-After` is not waited for: the next provider is tried. */
  maxRetryAfterMs: number
  clock: Clock
  /** Bounds the background uploads at each provider. */
  slots?: ProviderSlots
}

/** `onChange`: called after each change of the breaker that other instances should adopt. */
export function createProviderRunner(
  provider: IpfsProvider,
  options: RunnerOptions & { onChange: () => void },
): ProviderRunner {
  const { clock, maxRetryAfterMs, slots, onChange } = options
  const breaker = createBreaker({ now: () => clock.now(), maxRetryAfterMs, onChange })
  const patience = createPatience()
  const limitFor = ({ car }: IpfsContent) => attemptLimitMs(options.attemptTimeoutMs, car.size)

  function timeLimit<T>(timeoutMs: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>) {
    const timeoutError = () =>
      new ProviderError(`No answer within ${timeoutMs} ms`, { isRetryable: true, mayHaveStored: true })
    return withTimeLimit(work, { clock, timeoutMs, signal, timeoutError })
  }

  /**
   * The CID by which the provider says that it holds the clip from an earlier attempt. Whatever else it answers, or
   * whether it answers at all, the clip is then sent: a second copy under one CID is harmless, a lost clip is not.
   */
  async function reconcile(content: IpfsContent, signal: AbortSignal): Promise<string | undefined> {
    const timeoutMs = Math.min(LOOKUP_TIMEOUT_MS, options.attemptTimeoutMs)
    const ask = async (limited: AbortSignal) => {
      for (const cid of await possibleCids(content)) {
        if ((await provider.holds(cid, { signal: limited })) === true) return cid
      }
      return undefined
    }
    const heldCid = await timeLimit(timeoutMs, signal, ask).catch(() => signal.throwIfAborted())
    if (heldCid) breaker.answered()
    return heldCid ?? undefined
  }

  async function send(content: IpfsContent, { prefersFile, signal }: UploadRun): Promise<string> {
    const upload = (limited: AbortSignal) => provider.upload(content, { signal: limited, prefersFile })
    const startedAt = clock.now()
    const timeoutMs = limitFor(content)
    const { cid } = await timeLimit(timeoutMs, signal, upload)
    patience.learn(content.car.size, Math.min(Math.max(0, clock.now() - startedAt), timeoutMs))
    breaker.succeeded()
    return cid
  }

  /**
   * Reports an attempt that is slow: it counts as a failure once another provider has overtaken it, and makes the provider
   * suspect once a caller has given it up.
   */
  function watch({ car }: IpfsContent, { over, gaveUp, onStall }: UploadRun) {
    const ended = new AbortController()
    const startedAt = clock.now()
    const onAbort = (signal: AbortSignal, react: () => void) =>
      signal.addEventListener('abort', react, { once: true, signal: ended.signal })
    const becomeSlow = () => {
      onStall()
      onAbort(over, () => breaker.overtaken())
      if (gaveUp.aborted) breaker.suspect()
    }
    onAbort(gaveUp, () => {
      if (patience.isLate(car.size, clock.now() - startedAt)) breaker.suspect()
    })
    clock.sleep(patience.forSize(car.size), AbortSignal.any([ended.signal, over])).then(becomeSlow, () => {})
    return { ended: () => ended.abort(NOT_NEEDED) }
  }

  /** @throws NotTriedError when the provider must not be tried now */
  async function attempt(content: IpfsContent, run: UploadRun) {
    const needsSlot = slots && run.priority === 'background'
    if (!needsSlot) return attemptNow(content, run)
    const wait = { provider: provider.name, timeoutMs: SLOT_TIMEOUT_MS, clock, signal: run.over }
    const release = await slotWithin(slots, wait)
    try {
      return await attemptNow(content, run)
    } finally {
      release()
    }
  }

  async function attemptNow(content: IpfsContent, run: UploadRun) {
    const { priority, isAmbiguous, attemptLog, signal } = run
    run.over.throwIfAborted()
    const isClosed = breaker.state() === 'closed'
    const wasProbe = mayTry(priority) && breaker.beginProbe()
    // During the wait for a slot the breaker may have opened, or another upload may have begun to probe.
    if (!isClosed && !wasProbe && priority !== 'lastResort') {
      throw new NotTriedError('it has failed repeatedly and is cooling down')
    }
    const id = await attemptLog.begin(provider.name, { timeoutMs: limitFor(content) })
    const startedAt = clock.now()
    const durationMs = () => Math.max(0, clock.now() - startedAt)
    const watched = watch(content, run)
    try {
      const heldCid = isAmbiguous ? await reconcile(content, signal) : undefined
      const ipfsHash = heldCid ?? (await send(content, run))
      const { name, gatewayUrl } = provider
      return { id, result: { provider: name, ipfsHash, gatewayUrl }, durationMs }
    } catch (cause) {
      if (signal.aborted) throw signal.reason
      const error = asProviderError(cause)
      breaker.failed(error, { wasProbe })
      await attemptLog.end(id, provider.name, { outcome: 'failed', durationMs: durationMs(), error })
      throw error
    } finally {
      watched.ended()
    }
  }

  async function upload(content: IpfsContent, run: UploadRun): Promise<Holder> {
    let { isAmbiguous } = run
    let lastError: ProviderError | undefined
    for (let attempts = 1; ; attempts += 1) {
      try {
        const { id, result, durationMs } = await attempt(content, { ...run, isAmbiguous })
        // The provider holds the clip, whether or not the log can be written now.
        await run.attemptLog
          .end(id, result.provider, { outcome: 'stored', durationMs: durationMs() })
          .catch(() => {})
        return result
      } catch (error) {
        if (NotTriedError.isInstance(error) && lastError)
          throw new AttemptsFailedError(attempts - 1, lastError)
        if (!ProviderError.isInstance(error)) throw error
        lastError = error
        const { retryDelaysMs: delaysMs } = options
        const waitMs = waitBeforeRetry({
          attempts,
          delaysMs,
          error,
          maxRetryAfterMs,
          random: () => clock.random(),
        })
        if (waitMs === undefined || breaker.state() !== 'closed')
          throw new AttemptsFailedError(attempts, error)
        isAmbiguous ||= error.mayHaveStored
        run.onStall()
        await clock.sleep(waitMs, run.over)
        // The breaker may have opened meanwhile.
        if (breaker.state() !== 'closed') throw new AttemptsFailedError(attempts, error)
      }
    }
  }

  function mayTry(priority: Priority): boolean {
    const state = breaker.state()
    if (priority === 'lastResort') return true
    return state === 'closed' || (state === 'half_open' && priority === 'background')
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

  async function unpin(cid: string, signal: AbortSignal) {
    const isClosed = breaker.state() === 'closed'
    const wasProbe = breaker.beginProbe()
    if (!isClosed && !wasProbe) throw new NotTriedError('it has failed repeatedly and is cooling down')
    try {
      const ask = (limited: AbortSignal) => provider.unpin(cid, { signal: limited })
      const outcome = await timeLimit(options.attemptTimeoutMs, signal, ask)
      breaker.answered()
      return outcome
    } catch (cause) {
      if (signal.aborted) throw signal.reason
      const error = asProviderError(cause)
      // An account that may not unpin may well upload.
      if (error.isRetryable) breaker.failed(error, { wasProbe })
      else if (wasProbe) breaker.answered()
      throw error
    }
  }

  return { provider, breaker, mayTry, upload, probe, unpin }
}
