import type { Release } from '#lib/platform/take-slot.ts'
import type { RedisConnections } from '#lib/redis/connections.ts'
import { createLocalSlots, type ProviderSlots } from './slots.ts'

/** After this long a holder that has not said that it lives has lost its slot. Clocks may differ by a part of it. */
const LEASE_MS = 15_000
const LOOK_AGAIN_MS = 50

/**
 * `limit` slots at each provider for all instances together, counted in Redis under leases, so that those of a process
 * that was killed come back by themselves. Each process keeps within `limit` by itself as well, which is all that counts
 * while Redis is away. After Redis was emptied there may be more uploads at once for as long as those take that it forgot.
 */
export function createSharedSlots(options: {
  limit: number
  redis: RedisConnections
  leaseMs?: number
}): ProviderSlots {
  const { limit, redis, leaseMs = LEASE_MS } = options
  const own = createLocalSlots({ limit })

  /** @throws the signal's reason; whatever Redis says when it is away */
  async function acquireTogether(provider: string, signal: AbortSignal): Promise<Release> {
    const [client, { LeasedSemaphore }] = await Promise.all([redis.shared(), import('./redis-semaphore.ts')])
    const semaphore = new LeasedSemaphore(client, `${redis.prefix}slots:${provider}`, limit, {
      lockTimeout: leaseMs,
      refreshInterval: Math.ceil(leaseMs / 4),
      retryInterval: LOOK_AGAIN_MS,
      acquireTimeout: Number.POSITIVE_INFINITY,
    })
    await semaphore.acquire(signal)
    // What cannot be given back runs out.
    return () => void semaphore.release().catch(() => {})
  }

  return {
    async acquire(provider, signal) {
      const releaseOwn = await own.acquire(provider, signal)
      const releaseShared = await acquireTogether(provider, signal).catch(() => () => {})
      const release = () => {
        releaseShared()
        releaseOwn()
      }
      if (!signal.aborted) return release
      release()
      throw signal.reason
    },
  }
}
