import { possibleCids } from '#lib/ipfs/blocks/parse-cid.ts'
import type { IpfsContent, IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import { isProviderError, ProviderError } from '#lib/model/errors.ts'
import { waitBeforeRetry } from '#lib/platform/backoff.ts'
import type { Clock } from '#lib/platform/clock.ts'
import { withTimeLimit } from '#lib/platform/clock.ts'
import { type Breaker, createBreaker } from './breaker.ts'
import { asProviderError, isNotTried, NotTried, TriesFailed } from './errors.ts'
import { type ProviderSlots, slotWithin } from './slots.ts'

/** A question whether a provider holds a clip already may take this long. */
const LOOKUP_TIMEOUT_MS = 5000

/** How long the background waits for a slot at a provider. What is under a lease has time for one such wait a try. */
const SLOT_TIMEOUT_MS = 10_000

/**
 * Who waits for an upload.
 *
 * - `caller`: never tries a provider that is known to be sick
 * - `background`: probes it, and waits for a slot before each try
 * - `rescue`: a caller whose clip has no later: probes, and waits for nobody
 */
export type ChainUser = 'caller' | 'background' | 'rescue'

/** Where the chain writes down each try. */
export interface Journal {
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
export interface Use {
  user: ChainUser
  journal: Journal
  isDoubtful: boolean
  signal: AbortSignal
}

/** One provider in the chain: its tries, their waits and time limits, its breaker. */
export interface Link {
  readonly provider: IpfsProvider
  readonly breaker: Breaker
  mayTry(user: ChainUser): boolean
  /** @throws NotTried, TriesFailed; the signal's reason when it aborts */
  upload(content: IpfsContent, use: Use): Promise<ChainResult>
  /** Where the provider has rested, asks it for a clip, so that one that has healed is used again. */
  probe(cid: string, signal: AbortSignal): Promise<void>
}

export interface LinkOptions {
  /** The waits between the tries at one provider, in milliseconds; their number is the number of retries. */
  retryDelaysMs: readonly number[]
  attemptTimeoutMs: number
  /** A `Retry-After` beyond this is not waited for: the next provider gets its turn. */
  patienceMs: number
  clock: Clock
  /** What bounds the background's uploads at each provider. */
  slots?: ProviderSlots
}

/** `onChange`: hears of each change of the breaker. */
export function createLink(provider: IpfsProvider, options: LinkOptions & { onChange: () => void }): Link {
  const { clock, patienceMs, slots, onChange } = options
  const breaker = createBreaker({ now: () => clock.now(), patienceMs, onChange })

  function timeLimit<T>(timeoutMs: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>) {
    const timeoutError = () =>
      new ProviderError(`No answer within ${timeoutMs} ms`, { isRetryable: true, mayHaveStored: true })
    return withTimeLimit(work, { clock, timeoutMs, signal, timeoutError })
  }

  /**
   * The CID by which the provider holds the clip after all, if it does. A question that cannot be answered now fails the
   * try: waiting loses nothing, while sending could store the clip twice.
   */
  async function recognise(content: IpfsContent, signal: AbortSignal): Promise<string | undefined> {
    const timeoutMs = Math.min(LOOKUP_TIMEOUT_MS, options.attemptTimeoutMs)
    try {
      for (const cid of await possibleCids(content)) {
        const ask = (limited: AbortSignal) => provider.holds(cid, { signal: limited })
        if ((await timeLimit(timeoutMs, signal, ask)) !== true) continue
        breaker.answered()
        return cid
      }
    } catch (error) {
      if (signal.aborted || (isProviderError(error) && error.isRetryable)) throw error
    }
    return undefined
  }

  async function send(content: IpfsContent, signal: AbortSignal): Promise<string> {
    const upload = (limited: AbortSignal) => provider.upload(content, { signal: limited })
    const { cid } = await timeLimit(options.attemptTimeoutMs, signal, upload)
    breaker.succeeded()
    return cid
  }

  /** @throws NotTried when nobody may try the provider now */
  async function tryOnce(content: IpfsContent, use: Use) {
    const isBound = slots && use.user === 'background'
    if (!isBound) return tryNow(content, use)
    const wait = { provider: provider.name, timeoutMs: SLOT_TIMEOUT_MS, clock, signal: use.signal }
    const release = await slotWithin(slots, wait)
    try {
      return await tryNow(content, use)
    } finally {
      release()
    }
  }

  async function tryNow(content: IpfsContent, { user, isDoubtful, journal, signal }: Use) {
    const wasProbe = breaker.state() !== 'closed'
    // Whoever waited may find that others have found it sick, or are probing it.
    if (!mayTry(user) || (wasProbe && !breaker.beginProbe())) {
      throw new NotTried('it has failed repeatedly and is being rested')
    }
    const id = await journal.begin(provider.name)
    const startedAt = clock.now()
    const durationMs = () => Math.max(0, clock.now() - startedAt)
    try {
      const recognised = isDoubtful ? await recognise(content, signal) : undefined
      const ipfsHash = recognised ?? (await send(content, signal))
      const { name, gatewayUrl } = provider
      return { id, result: { provider: name, ipfsHash, gatewayUrl }, durationMs }
    } catch (cause) {
      if (signal.aborted) throw signal.reason
      const error = asProviderError(cause)
      breaker.failed(error, { wasProbe })
      await journal.end(id, provider.name, { outcome: 'failed', durationMs: durationMs(), error })
      throw error
    }
  }

  async function upload(content: IpfsContent, use: Use): Promise<ChainResult> {
    let { isDoubtful } = use
    let lastError: ProviderError | undefined
    for (let tries = 1; ; tries += 1) {
      try {
        const { id, result, durationMs } = await tryOnce(content, { ...use, isDoubtful })
        // What the provider holds is held, whether or not the journal can be written now.
        await use.journal
          .end(id, result.provider, { outcome: 'stored', durationMs: durationMs() })
          .catch(() => {})
        return result
      } catch (error) {
        if (isNotTried(error) && lastError) throw new TriesFailed(tries - 1, lastError)
        if (!isProviderError(error)) throw error
        lastError = error
        const { retryDelaysMs: delaysMs } = options
        const waitMs = waitBeforeRetry({ tries, delaysMs, error, patienceMs, random: () => clock.random() })
        if (waitMs === undefined || breaker.state() !== 'closed') throw new TriesFailed(tries, error)
        isDoubtful ||= error.mayHaveStored
        await clock.sleep(waitMs, use.signal)
        // Others may have found it sick meanwhile.
        if (breaker.state() !== 'closed') throw new TriesFailed(tries, error)
      }
    }
  }

  function mayTry(user: ChainUser): boolean {
    const state = breaker.state()
    return state === 'closed' || (state === 'half_open' && user !== 'caller')
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
