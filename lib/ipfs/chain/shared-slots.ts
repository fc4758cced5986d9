import type { Release } from '#lib/platform/take-slot.ts'
import type { RedisConnections } from '#lib/redis/connections.ts'
import { createLocalSlots, type ProviderSlots } from './slots.ts'

/** How long a slot stays taken after its holder last renewed it. The instances' clocks may differ by a part of this. */
const LEASE_MS = 15_000
const POLL_MS = 50

/**
 * `limit` slots at each provider for all instances together, counted in Redis under leases, so that the slots of a
 * process that was killed become free by themselves. Each process also keeps to `limit` by itself, which is the only
 * bound while Redis is away. After Redis was emptied, more uploads may run at once until those that it forgot have ended.
 */
export function createSharedSlots(options: {
  limit: number
  redis: RedisConnections
  leaseMs?: number
}): ProviderSlots {
  const { limit, redis, leaseMs = LEASE_MS } = options
  const localSlots = createLocalSlots({ limit })

  /** @throws the signal's reason when it aborts; an error of Redis or its connection */
  async function acquireInRedis(provider: string, signal: AbortSignal): Promise<Release> {
    const [client, { LeasedSemaphore }] = await Promise.all([redis.shared(), import('./redis-semaphore.ts')])
    const semaphore = new LeasedSemaphore(client, `${redis.prefix}slots:${provider}`, limit, {
      lockTimeout: leaseMs,
      refreshInterval: Math.ceil(leaseMs / 4),
      retryInterval: POLL_MS,
      acquireTimeout: Number.POSITIVE_INFINITY,
    })
    await semaphore.acquire(signal)
    // A slot that cannot be given back now becomes free when its lease ends.
    return () => void semaphore.release().catch(() => {})
  }

  return {
    async acquire(provider, signal) {
      const releaseLocal = await localSlots.acquire(provider, signal)
      // Without Redis the local slot is enough: nobody waits for its return.
      const releaseInRedis = await acquireInRedis(provider, signal).catch(() => () => {})
      const release = () => {
        releaseInRedis()
        releaseLocal()
      }
      if (!signal.aborted) return release
      release()
      throw signal.reason
    },
  }
}
