import type { RedisOptions } from 'ioredis'
import type { Clock } from '#lib/platform/clock.ts'
import type { Log } from '#lib/telemetry/log.ts'
import { unfitness } from './fitness.ts'
import { hearAllErrors } from './hear-all-errors.ts'

/** Keeps every connection from a Redis that cannot be used: a work queue there would spin, or lose what it takes. */
export interface Gate {
  /** Whether Redis can be used now; `away`: it cannot be reached, which says nothing. */
  look(): Promise<'fit' | 'unfit' | 'away'>
  /** Resolves when a connection is worth an attempt. @throws Error after `close` */
  pass(): Promise<void>
  close(): void
}

/** What is found is written to the log once, and so is that it has passed. */
export function createGate(options: {
  address: RedisOptions
  prefix: string
  channel: string
  log: Log
  clock: Pick<Clock, 'sleep'>
  /** For how long what was found holds. */
  lookAgainMs: number
}): Gate {
  const { address, log, clock, lookAgainMs } = options
  const closing = new AbortController()
  let last: { verdict: ReturnType<Gate['look']>; at: number } | undefined
  let reported: string | undefined

  async function probe() {
    const { Redis } = await import('ioredis')
    const client = new Redis({ ...address, ...probing })
    // Its errors are those of the commands; that Redis is away is reported by the connections themselves.
    client.on('error', () => {})
    hearAllErrors(client)
    try {
      await client.connect()
      return report(await unfitness(client, options))
    } catch {
      return 'away' as const
    } finally {
      client.disconnect()
    }
  }

  function report(reason: string | undefined) {
    if (reason && reason !== reported)
      log.error(`Redis cannot be used: ${reason}. This instance works on its own`)
    if (!reason && reported) log.info('Redis can be used now')
    reported = reason
    return reason ? ('unfit' as const) : ('fit' as const)
  }

  function look() {
    if (!last || performance.now() - last.at > lookAgainMs) last = { verdict: probe(), at: performance.now() }
    return last.verdict
  }

  return {
    look,
    async pass() {
      for (;;) {
        closing.signal.throwIfAborted()
        const verdict = await look()
        if (verdict === 'away') last = undefined
        if (verdict !== 'unfit') break
        await clock.sleep(lookAgainMs + 1, closing.signal)
      }
      closing.signal.throwIfAborted()
    },
    close: () => closing.abort(new Error('The connections to Redis are closed')),
  }
}

/** One attempt, without the questions of the client's own, whose answers it would write to the standard error. */
const probing: RedisOptions = {
  lazyConnect: true,
  enableReadyCheck: false,
  disableClientInfo: true,
  connectTimeout: 1000,
  commandTimeout: 2000,
  maxRetriesPerRequest: 0,
  retryStrategy: () => null,
  sentinelRetryStrategy: () => null,
}
