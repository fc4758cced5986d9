import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import type { ProviderFailure } from '#lib/model/errors.ts'
import type { BreakerState } from '#lib/platform/breaker.ts'
import { describeError } from '#lib/platform/errors.ts'
import type { BreakerSync } from '#lib/redis/breaker-sync.ts'
import { AttemptsFailedError, ChainError, type NotTriedError } from './errors.ts'
import { offer } from './offer.ts'
import { createProviderRunner, type ProviderRunner, type RunnerOptions } from './provider-runner.ts'
import type { AttemptLog, Holder, Priority } from './upload-run.ts'

export interface Chain {
  readonly providers: readonly string[]
  /**
   * Uploads `content` to the providers, in their order, until one holds it, with retries, time limits and breakers. The
   * next one is asked already while one waits for its next attempt or is slow to answer. A provider that is only this
   * machine (`isLocal`) is asked when all others have failed, or before a caller's wait is over; those that the caller has
   * waited for in vain are asked by no other until an upload to them has succeeded.
   *
   * `ambiguous` names providers that may hold it from an earlier attempt: they are asked once before it is sent again.
   * `heldBy` names those that hold it already: they are skipped, and only with one of them can a provider be used that
   * fetches content from others (`needsOrigin`). `passedOver` names those that have not delivered it: skipped as well. `asFile`
   * names those that have not delivered it as a CAR: they are sent the plain file, where they take that.
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
      passedOver?: readonly string[]
      asFile?: readonly string[]
      signal: AbortSignal
    },
  ): Promise<ChainResult>
  /**
   * Whether an upload with this priority would try at least one provider now. `isElsewhere`: one that is not this machine,
   * and does not fail together with its disk.
   */
  canTry(priority: Priority, options?: { isElsewhere?: boolean }): boolean
  breakers(): { provider: string; state: BreakerState; note?: string }[]
  /** Ends all cool-downs, so that every provider whose breaker is open may be probed at once. */
  resetCoolDowns(): void
  /** Asks each provider whose breaker is half-open whether it holds `cid`: the breakers of those that answer close. */
  probe(cid: string, signal: AbortSignal): Promise<void>
  /**
   * One attempt to have `provider` end its pin of `cid`, under its breaker and the time limit of an attempt. `true` once it has
   * none; `undefined` where its API has no way to do that, or no provider of this name is configured.
   *
   * @throws NotTriedError, ProviderError; the signal's reason when it aborts
   */
  unpin(provider: string, cid: string, signal: AbortSignal): Promise<true | undefined>
}

/** The provider that held the clip first. */
export interface ChainResult extends Holder {
  /**
   * Which further providers hold it, once every attempt that was still under way has ended; missing where none was.
   * Never rejects.
   */
  late?: Promise<Holder[]>
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

    async upload(content, { heldBy = [], passedOver = [], ambiguous = [], asFile = [], ...rest }) {
      const { priority } = rest
      // What nobody but a last resort tries, a last resort tries last.
      const isResting = ({ breaker }: ProviderRunner) => Number(breaker.state() === 'open')
      const asked = runners
        .filter(({ provider: { name, needsOrigin } }) => {
          const isSkipped = heldBy.includes(name) || passedOver.includes(name)
          return !isSkipped && !(needsOrigin && heldBy.length === 0)
        })
        .toSorted((a, b) => isResting(a) - isResting(b))
      const waitMs = priority === 'background' ? undefined : options.maxRetryAfterMs
      const run = { ...rest, ambiguous, asFile, waitMs, clock: options.clock }
      const { first, late, failures } = await offer(content, asked, run)
      if (first) return { ...first, ...(late && { late }) }
      const failed = asked.flatMap((runner) => {
        const error = failures.get(runner)
        return error ? [{ provider: runner.provider.name, error }] : []
      })
      throw new ChainError(
        failed.map(({ provider, error }) => failureOf(provider, error, scrub)),
        failed.flatMap(({ error }) => (AttemptsFailedError.isInstance(error) ? [error.cause] : [])),
      )
    },

    canTry: (priority, { isElsewhere = false } = {}) =>
      runners.some(
        (runner) =>
          !runner.provider.needsOrigin &&
          !(isElsewhere && runner.provider.isLocal) &&
          runner.mayTry(priority),
      ),

    breakers: () =>
      runners.map(({ provider: { name, note }, breaker }) => ({
        provider: name,
        state: breaker.state(),
        ...(note !== undefined && { note }),
      })),

    resetCoolDowns() {
      for (const { breaker } of runners) breaker.resetCoolDown()
    },

    async unpin(name, cid, signal) {
      return runners.find(({ provider }) => provider.name === name)?.unpin(cid, signal)
    },

    async probe(cid, signal) {
      for (const runner of runners) await runner.probe(cid, signal)
    },
  }
}

function failureOf(
  provider: string,
  error: AttemptsFailedError | NotTriedError,
  scrub: (text: string) => string,
): ProviderFailure {
  return AttemptsFailedError.isInstance(error)
    ? { provider, attempts: error.attempts, error: scrub(describeError(error.cause)) }
    : { provider, attempts: 0, error: `Skipped: ${error.message}` }
}
