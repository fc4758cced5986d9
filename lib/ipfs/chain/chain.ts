import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import type { ProviderFailure } from '#lib/model/errors.ts'
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
   * Uploads `content` to the first provider, in their order, that takes it, with retries, time limits and breakers.
   *
   * `ambiguous` names providers that may hold it from an earlier attempt: they are asked once before it is sent again.
   * `heldBy` names those that hold it already: they are skipped, and only with one of them can a provider be used that
   * fetches content from others (`needsOrigin`).
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
  /** Whether an upload with this priority would try at least one provider now. */
  canTry(priority: Priority): boolean
  breakers(): { provider: string; state: BreakerState; note?: string }[]
  /** Ends all cool-downs, so that every provider whose breaker is open may be probed at once. */
  resetCoolDowns(): void
  /** Asks each provider whose breaker is half-open whether it holds `cid`: the breakers of those that answer close. */
  probe(cid: string, signal: AbortSignal): Promise<void>
}

export interface ChainOptions extends RunnerOptions {
  providers: readonly IpfsProvider[]
  scrub: (text: string) => string
  /** Shares the breakers' states with the other instances. */
  breakerSync?: BreakerSync
}

export function createChain(options: ChainOptions): Chain {
  const { scrub, breakerSync } = options
  const runners = options.providers.map((provider) => {
    const onChange = () => breakerSync?.publish(provider.name, runner.breaker.snapshot())
    const runner: ProviderRunner = createProviderRunner(provider, { ...options, onChange })
    return runner
  })
  const names = runners.map(({ provider }) => provider.name)
  breakerSync?.subscribe(names, (name, snapshot) => runners[names.indexOf(name)]?.breaker.adopt(snapshot))

  return {
    providers: names,

    async upload(content, { priority, attemptLog, ambiguous = [], heldBy = [], signal }) {
      const failures: ProviderFailure[] = []
      const causes: unknown[] = []
      // What nobody but a last resort tries, a last resort tries last.
      const isResting = ({ breaker }: ProviderRunner) => Number(breaker.state() === 'open')
      for (const runner of runners.toSorted((a, b) => isResting(a) - isResting(b))) {
        const { name, needsOrigin } = runner.provider
        signal.throwIfAborted()
        if (heldBy.includes(name) || (needsOrigin && heldBy.length === 0)) continue
        try {
          const isAmbiguous = ambiguous.includes(name)
          return await runner.upload(content, { priority, attemptLog, isAmbiguous, signal })
        } catch (error) {
          if (NotTriedError.isInstance(error)) {
            failures.push({ provider: name, attempts: 0, error: `Skipped: ${error.message}` })
            // A busy provider is healthy: the next in the order replaces failing ones only.
            if (error.isBusy) break
          } else if (AttemptsFailedError.isInstance(error)) {
            failures.push({
              provider: name,
              attempts: error.attempts,
              error: scrub(describeError(error.cause)),
            })
            causes.push(error.cause)
          } else throw error
        }
      }
      throw new ChainError(failures, causes)
    },

    canTry: (priority) => runners.some((runner) => !runner.provider.needsOrigin && runner.mayTry(priority)),

    breakers: () =>
      runners.map(({ provider: { name, note }, breaker }) => ({
        provider: name,
        state: breaker.state(),
        ...(note !== undefined && { note }),
      })),

    resetCoolDowns() {
      for (const { breaker } of runners) breaker.resetCoolDown()
    },

    async probe(cid, signal) {
      for (const runner of runners) await runner.probe(cid, signal)
    },
  }
}
