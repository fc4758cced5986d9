import type { Clock } from '../clock.ts'
import { withTimeLimit } from '../clock.ts'
import { describeError, isProviderError, ProviderError, type ProviderFailure } from '../errors.ts'
import { waitBeforeRetry } from '../retry.ts'
import { type BreakerState, createBreaker } from './breaker.ts'
import type { BreakerGossip } from './breaker-gossip.ts'
import {
  asProviderError,
  ChainError,
  isNotTried,
  isTriesFailed,
  NotTried,
  TriesFailed,
} from './chain-errors.ts'
import { possibleCids } from './cid.ts'
import type { IpfsContent, IpfsProvider } from './provider.ts'
import { type ProviderSlots, slotWithin } from './provider-slots.ts'

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
interface Use {
  user: ChainUser
  journal: Journal
  isDoubtful: boolean
  signal: AbortSignal
}

export interface Chain {
  readonly providers: readonly string[]
  /**
   * Offers `content` to the providers in order until one holds it. Waits, time limits, order and breakers are here.
   *
   * `doubtful` names providers that may hold it from an earlier try: they are asked before anything is sent again.
   * `heldBy` names those that hold it already: a further one is wanted.
   *
   * @throws ChainError when no provider took it; the signal's reason when it aborts
   */
  upload(
    content: IpfsContent,
    options: {
      user: ChainUser
      journal: Journal
      doubtful?: readonly string[]
      heldBy?: readonly string[]
      signal: AbortSignal
    },
  ): Promise<ChainResult>
  /** Whether at least one provider would be tried now. */
  canTry(user: ChainUser): boolean
  breakers(): { provider: string; state: BreakerState }[]
  /** Lets every resting provider be probed at once. */
  endRests(): void
  /** Asks providers that have rested for a clip, so that one that has healed is used again. */
  probe(cid: string, signal: AbortSignal): Promise<void>
}

export interface ChainOptions {
  providers: readonly IpfsProvider[]
  /** The waits between the tries at one provider, in milliseconds; their number is the number of retries. */
  retryDelaysMs: readonly number[]
  attemptTimeoutMs: number
  /** A `Retry-After` beyond this is not waited for: the next provider gets its turn. */
  patienceMs: number
  clock: Clock
  scrub: (text: string) => string
  /** How other instances and this one hear of each other's breakers. */
  gossip?: BreakerGossip
  /** What bounds the background's uploads at each provider. */
  slots?: ProviderSlots
}

export function createChain(options: ChainOptions): Chain {
  const { clock, scrub, gossip, slots } = options
  const links = options.providers.map((provider) => {
    const onChange = () => gossip?.publish(provider.name, breaker.snapshot())
    const breaker = createBreaker({ now: () => clock.now(), patienceMs: options.patienceMs, onChange })
    return { provider, breaker }
  })
  type Link = (typeof links)[number]
  const names = links.map(({ provider }) => provider.name)
  gossip?.subscribe(names, (name, snapshot) => links[names.indexOf(name)]?.breaker.adopt(snapshot))

  function timeLimit<T>(timeoutMs: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>) {
    const timeoutError = () =>
      new ProviderError(`No answer within ${timeoutMs} ms`, { isRetryable: true, mayHaveStored: true })
    return withTimeLimit(work, { clock, timeoutMs, signal, timeoutError })
  }

  /**
   * The CID by which the provider holds the clip after all, if it does. A question that cannot be answered now fails the
   * try: waiting loses nothing, while sending could store the clip twice.
   */
  async function recognise(
    { provider, breaker }: Link,
    content: IpfsContent,
    signal: AbortSignal,
  ): Promise<string | undefined> {
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

  async function send(
    { provider, breaker }: Link,
    content: IpfsContent,
    signal: AbortSignal,
  ): Promise<string> {
    const upload = (limited: AbortSignal) => provider.upload(content, { signal: limited })
    const { cid } = await timeLimit(options.attemptTimeoutMs, signal, upload)
    breaker.succeeded()
    return cid
  }

  /** @throws NotTried when nobody may try the provider now */
  async function tryOnce(link: Link, content: IpfsContent, use: Use) {
    const isBound = slots && use.user === 'background'
    if (!isBound) return tryNow(link, content, use)
    const wait = { provider: link.provider.name, timeoutMs: SLOT_TIMEOUT_MS, clock, signal: use.signal }
    const release = await slotWithin(slots, wait)
    try {
      return await tryNow(link, content, use)
    } finally {
      release()
    }
  }

  async function tryNow(link: Link, content: IpfsContent, { user, isDoubtful, journal, signal }: Use) {
    const { provider, breaker } = link
    const wasProbe = breaker.state() !== 'closed'
    // Whoever waited may find that others have found it sick, or are probing it.
    if (!mayTry(link, user) || (wasProbe && !breaker.beginProbe())) {
      throw new NotTried('it has failed repeatedly and is being rested')
    }
    const id = await journal.begin(provider.name)
    const startedAt = clock.now()
    const durationMs = () => Math.max(0, clock.now() - startedAt)
    try {
      const recognised = isDoubtful ? await recognise(link, content, signal) : undefined
      const ipfsHash = recognised ?? (await send(link, content, signal))
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

  /** @throws NotTried; TriesFailed */
  async function tryProvider(link: Link, content: IpfsContent, use: Use): Promise<ChainResult> {
    let { isDoubtful } = use
    let lastError: ProviderError | undefined
    for (let tries = 1; ; tries += 1) {
      try {
        const { id, result, durationMs } = await tryOnce(link, content, { ...use, isDoubtful })
        // What the provider holds is held, whether or not the journal can be written now.
        await use.journal
          .end(id, result.provider, { outcome: 'stored', durationMs: durationMs() })
          .catch(() => {})
        return result
      } catch (error) {
        if (isNotTried(error) && lastError) throw new TriesFailed(tries - 1, lastError)
        if (!isProviderError(error)) throw error
        lastError = error
        const { clock, retryDelaysMs: delaysMs, patienceMs } = options
        const waitMs = waitBeforeRetry({ tries, delaysMs, error, patienceMs, random: () => clock.random() })
        if (waitMs === undefined || link.breaker.state() !== 'closed') throw new TriesFailed(tries, error)
        isDoubtful ||= error.mayHaveStored
        await clock.sleep(waitMs, use.signal)
        // Others may have found it sick meanwhile.
        if (link.breaker.state() !== 'closed') throw new TriesFailed(tries, error)
      }
    }
  }

  function mayTry(link: Link, user: ChainUser): boolean {
    const state = link.breaker.state()
    return state === 'closed' || (state === 'half_open' && user !== 'caller')
  }

  return {
    providers: names,

    async upload(content, { user, journal, doubtful = [], heldBy = [], signal }) {
      const failures: ProviderFailure[] = []
      const causes: unknown[] = []
      for (const link of links) {
        const { name, needsOrigin } = link.provider
        signal.throwIfAborted()
        if (heldBy.includes(name) || (needsOrigin && heldBy.length === 0)) continue
        try {
          const isDoubtful = doubtful.includes(name)
          return await tryProvider(link, content, { user, journal, isDoubtful, signal })
        } catch (error) {
          if (isNotTried(error)) {
            failures.push({ provider: name, attempts: 0, error: `Skipped: ${error.message}` })
            // It is well: the next in the order has to stand in for the sick only.
            if (error.isBusy) break
          } else if (isTriesFailed(error)) {
            failures.push({ provider: name, attempts: error.tries, error: scrub(describeError(error.cause)) })
            causes.push(error.cause)
          } else throw error
        }
      }
      throw new ChainError(failures, causes)
    },

    canTry: (user) => links.some((link) => !link.provider.needsOrigin && mayTry(link, user)),

    breakers: () =>
      links.map(({ provider, breaker }) => ({ provider: provider.name, state: breaker.state() })),

    endRests() {
      for (const { breaker } of links) breaker.endRest()
    },

    async probe(cid, signal) {
      for (const { provider, breaker } of links) {
        if (!breaker.beginProbe()) continue
        try {
          await timeLimit(LOOKUP_TIMEOUT_MS, signal, (limited) => provider.holds(cid, { signal: limited }))
          breaker.answered()
        } catch (error) {
          if (signal.aborted) throw signal.reason
          breaker.failed(asProviderError(error), { wasProbe: true })
        }
      }
    },
  }
}
