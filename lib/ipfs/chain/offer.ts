import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import type { Clock } from '#lib/platform/clock.ts'
import { AttemptsFailedError, NotTriedError } from './errors.ts'
import type { ProviderRunner } from './provider-runner.ts'
import type { AttemptLog, Holder, Priority } from './upload-run.ts'

/** After which part of a caller's wait a provider that is only this machine is asked. */
const LOCAL_AFTER = 0.8

interface OfferOptions {
  priority: Priority
  attemptLog: AttemptLog
  ambiguous: readonly string[]
  asFile: readonly string[]
  /** How long a caller waits; without it nobody does. */
  waitMs?: number | undefined
  clock: Clock
  signal: AbortSignal
}

/** How an offer ended. */
export interface Offered {
  /** Who held the clip first; `undefined` where nobody took it. */
  first: Holder | undefined
  /** Who held it later, once every attempt that was still under way has ended; `undefined` where none was. Never rejects. */
  late: Promise<Holder[]> | undefined
  /** Why each runner that has failed did. */
  failures: ReadonlyMap<ProviderRunner, AttemptsFailedError | NotTriedError>
}

/**
 * Offers `content` to `runners` in their order until one holds it. The next one is asked as soon as one has failed, waits
 * for its next attempt or is slow to answer. One that is only this machine is asked when all others have failed, or shortly
 * before a caller's wait is over. Once one holds the clip no attempt begins any more; those under way go on.
 *
 * @throws what a runner throws besides its failures, once no attempt is under way; the signal's reason when it aborts
 */
export function offer(
  content: IpfsContent,
  runners: readonly ProviderRunner[],
  options: OfferOptions,
): Promise<Offered> {
  const { ambiguous, asFile, waitMs, clock, priority, signal } = options
  const attempts = countUnderWay(options.attemptLog)
  const { promise, resolve, reject } = Promise.withResolvers<Offered>()
  const waiting = [...runners]
  const failures: Map<ProviderRunner, AttemptsFailedError | NotTriedError> = new Map()
  const runs: Promise<void>[] = []
  const late: Holder[] = []
  const over = new AbortController()
  const gaveUp = new AbortController()
  const onAbort = () => over.abort(signal.reason)
  let running = 0
  let first: Holder | undefined
  let fault: { error: unknown } | undefined

  function askFirst(fits: (runner: ProviderRunner) => boolean) {
    const index = over.signal.aborted ? -1 : waiting.findIndex(fits)
    const [runner] = index < 0 ? [] : waiting.splice(index, 1)
    if (runner) runs.push(ask(runner))
  }
  const askNext = () => askFirst(({ provider }) => !provider.isLocal || running === 0)
  const askLocal = () => askFirst(({ provider }) => provider.isLocal === true)

  async function ask(runner: ProviderRunner) {
    running += 1
    let hasHandedOver = false
    const handOver = () => {
      if (!hasHandedOver) askNext()
      hasHandedOver = true
    }
    const { name } = runner.provider
    const run = {
      priority,
      attemptLog: attempts.log,
      isAmbiguous: ambiguous.includes(name),
      prefersFile: asFile.includes(name),
      signal,
      over: over.signal,
      gaveUp: gaveUp.signal,
      onStall: handOver,
    }
    const ended = await runner.upload(content, run).then(
      (holder) => ({ holder }),
      (error: unknown) => ({ error }),
    )
    running -= 1
    if ('holder' in ended) hold(ended.holder)
    else fail(runner, ended.error)
    handOver()
    if (running === 0) askNext()
    if (running === 0) end()
  }

  function hold(holder: Holder) {
    if (first) return void late.push(holder)
    first = holder
    end()
  }

  function fail(runner: ProviderRunner, error: unknown) {
    if (NotTriedError.isInstance(error) || AttemptsFailedError.isInstance(error)) {
      failures.set(runner, error)
      // A busy provider is healthy: the next in the order replaces failing ones only.
      if (NotTriedError.isInstance(error) && error.isBusy) waiting.length = 0
    } else if (!over.signal.aborted) {
      fault = { error }
      over.abort(error)
    }
  }

  function end() {
    over.abort(new Error('The offer is over'))
    signal.removeEventListener('abort', onAbort)
    if (!first && signal.aborted) reject(signal.reason)
    else if (!first && fault) reject(fault.error)
    else {
      const isOver = attempts.underWay() === 0
      resolve({ first, late: isOver ? undefined : Promise.all(runs).then(() => late), failures })
    }
  }

  if (signal.aborted) return Promise.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (waitMs !== undefined) {
    const hasLocal = waiting.some(({ provider }) => provider.isLocal)
    const giveUp = () => {
      gaveUp.abort()
      askLocal()
    }
    clock.sleep(hasLocal ? LOCAL_AFTER * waitMs : waitMs, over.signal).then(giveUp, () => {})
  }
  askNext()
  if (running === 0) end()
  return promise
}

/** The same log, and how many attempts have begun and not ended. */
function countUnderWay(log: AttemptLog) {
  let underWay = 0
  const counted: AttemptLog = {
    begin(provider, attempt) {
      underWay += 1
      return log.begin(provider, attempt).catch((error) => {
        underWay -= 1
        throw error
      })
    },
    end: (...attempt) =>
      log.end(...attempt).finally(() => {
        underWay -= 1
      }),
  }
  return { log: counted, underWay: () => underWay }
}
