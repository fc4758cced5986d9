import type { Redis } from 'ioredis'
import { type LockOptions, Semaphore } from 'redis-semaphore'

/** A semaphore in Redis that survives Redis: a lease that cannot be prolonged now is prolonged the next time. */
export class LeasedSemaphore extends Semaphore {
  constructor(client: Redis, key: string, limit: number, options: LockOptions) {
    // Redis was emptied, or this process stood still: the slot is lost, and its upload goes on.
    super(client, key, limit, { ...options, onLockLost: () => {} })
    // The library would put a prefix of its own before it.
    this._key = key
  }

  // Nobody waits for it: what it throws would end the process.
  protected override _refresh(): Promise<boolean> {
    return super._refresh().catch(() => true)
  }
}
