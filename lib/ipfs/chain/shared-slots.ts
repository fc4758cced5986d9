import type { RedisConnections } from '#lib/redis/connections.ts'
import { takeSharedSlot } from '#lib/redis/shared-slot.ts'
import { createLocalSlots, type ProviderSlots } from './slots.ts'

/**
 * `limit` slots at each provider for all instances together. Each process also keeps to `limit` by itself, which is the
 * only bound while Redis is away.
 */
export function createSharedSlots(options: {
  limit: number
  redis: RedisConnections
  leaseMs?: number
}): ProviderSlots {
  const localSlots = createLocalSlots(options)
  return {
    async acquire(provider, signal) {
      const releaseLocal = await localSlots.acquire(provider, signal)
      try {
        const releaseShared = await takeSharedSlot({ ...options, name: provider }, signal)
        return () => {
          releaseShared()
          releaseLocal()
        }
      } catch (error) {
        releaseLocal()
        throw error
      }
    },
  }
}
