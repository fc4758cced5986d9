import type { Release } from '#lib/platform/take-slot.ts'
import type { RedisConnections } from './connections.ts'

/** How long a slot stays taken after its holder last renewed it. The instances' clocks may differ by a part of this. */
const LEASE_MS = 15_000
const POLL_MS = 50

export interface SharedSlotOptions {
  redis: RedisConnections
  /** All who give the same name share the slots. */
  name: string
  limit: number
  leaseMs?: number
}

/**
 * Takes one of `limit` slots that all instances have together, counted in Redis under leases, so that the slots of a
 * process that was killed become free by themselves. Nobody waits for a Redis that is away. After Redis was emptied more
 * may be at work at once, until those that it forgot have ended.
 *
 * @throws the signal's reason when it aborts; no slot is taken then
 */
export async function takeSharedSlot(options: SharedSlotOptions, signal: AbortSignal): Promise<Release> {
  const release = await acquire(options, signal).catch(() => () => {})
  if (!signal.aborted) return release
  release()
  throw signal.reason
}

/** @throws the signal's reason when it aborts; an error of Redis or its connection */
async function acquire(
  { redis, name, limit, leaseMs = LEASE_MS }: SharedSlotOptions,
  signal: AbortSignal,
): Promise<Release> {
  const [client, { LeasedSemaphore }] = await Promise.all([redis.shared(), import('./leased-semaphore.ts')])
  const semaphore = new LeasedSemaphore(client, `${redis.prefix}slots:${name}`, limit, {
    lockTimeout: leaseMs,
    refreshInterval: Math.ceil(leaseMs / 4),
    retryInterval: POLL_MS,
    acquireTimeout: Number.POSITIVE_INFINITY,
  })
  await semaphore.acquire(signal)
  // A slot that cannot be given back now becomes free when its lease ends.
  return () => void semaphore.release().catch(() => {})
}
