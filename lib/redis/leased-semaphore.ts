import type { Redis } from 'ioredis'
import { type LockOptions, Semaphore } from 'redis-semaphore'

/** A semaphore in Redis that survives an outage of Redis: a lease that cannot be renewed now is renewed the next time. */
export class LeasedSemaphore extends Semaphore {
  constructor(client: Redis, key: string, limit: number, options: LockOptions) {
    // Redis was emptied, or this process was suspended: the slot is lost, and its upload goes on all the same.
    super(client, key, limit, { ...options, onLockLost: () => {} })
    // The library puts a prefix of its own before the key, so that it would not begin with ours.
    this._key = key
  }

  // The library calls this from a timer and handles no rejection: an error here would end the process.
  protected override _refresh(): Promise<boolean> {
    return super._refresh().catch(() => true)
  }
}
