import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import { type ProviderFailure } from '#lib/model/errors.ts'
import { describeError } from '#lib/platform/errors.ts'
import type { BreakerState } from './breaker.ts'
import type { BreakerSync } from './breaker-sync.ts'
import { AttemptsFailedError, ChainError, NotTriedError } from './errors.ts'
import {
  type AttemptLog,
  type ChainResult,
  createProviderRunner,
  type Priority,
  type ProviderRunner,
  type RunnerOptions,
} from './provider-runner.ts'

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
      priority: Priority
      attemptLog: AttemptLog
      ambiguous?: readonly string[]
      heldBy?: readonly string[]
      signal: AbortSignal
    },
  ): Promise<ChainResult>
  /** Whether at least one provider would be tried now. */
  canTry(priority: Priority): boolean
  breakers(): { provider: string; state: BreakerState }[]
  /** Lets every resting provider be probed at once. */
  resetCoolDowns(): void
  /** Asks providers that have rested for a clip, so that one that has healed is used again. */
  probe(cid: string, signal: AbortSignal): Promise<void>
}

export interface ChainOptions extends RunnerOptions {
  providers: readonly IpfsProvider[]
  scrub: (text: string) => string
  /** How other instances and this one hear of each other's breakers. */
  breakerSync?: BreakerSync
}

export function createChain(options: ChainOptions): Chain {
  const { scrub, breakerSync } = options
  const links = options.providers.map((provider) => {
    const onChange = () => breakerSync?.publish(provider.name, link.breaker.snapshot())
    const link: ProviderRunner = createProviderRunner(provider, { ...options, onChange })
    return link
  })
  const names = links.map(({ provider }) => provider.name)
  breakerSync?.subscribe(names, (name, snapshot) => links[names.indexOf(name)]?.breaker.adopt(snapshot))

  return {
    providers: names,

    async upload(content, { priority, attemptLog, ambiguous = [], heldBy = [], signal }) {
      const failures: ProviderFailure[] = []
      const causes: unknown[] = []
      for (const link of links) {
        const { name, needsOrigin } = link.provider
        signal.throwIfAborted()
        if (heldBy.includes(name) || (needsOrigin && heldBy.length === 0)) continue
        try {
          const isAmbiguous = ambiguous.includes(name)
          return await link.upload(content, { priority, attemptLog, isAmbiguous, signal })
        } catch (error) {
          if (NotTriedError.isInstance(error)) {
            failures.push({ provider: name, attempts: 0, error: `Skipped: ${error.message}` })
            // It is well: the next in the order has to stand in for the sick only.
            if (error.isBusy) break
          } else if (AttemptsFailedError.isInstance(error)) {
            failures.push({ provider: name, attempts: error.tries, error: scrub(describeError(error.cause)) })
            causes.push(error.cause)
          } else throw error
        }
      }
      throw new ChainError(failures, causes)
    },

    canTry: (priority) => links.some((link) => !link.provider.needsOrigin && link.mayTry(priority)),

    breakers: () =>
      links.map(({ provider, breaker }) => ({ provider: provider.name, state: breaker.state() })),

    resetCoolDowns() {
      for (const { breaker } of links) breaker.resetCoolDown()
    },

    async probe(cid, signal) {
      for (const link of links) await link.probe(cid, signal)
    },
  }
}
