import path from 'node:path'
import type { Config } from '#lib/config/index.ts'
import type { Services } from '#lib/context.ts'
import { createBlockCache } from '#lib/ipfs/blocks/block-cache.ts'
import { createBlockStore } from '#lib/ipfs/blocks/block-store.ts'
import { type Chain, createChain } from '#lib/ipfs/chain/chain.ts'
import { createSharedSlots } from '#lib/ipfs/chain/shared-slots.ts'
import { createLocalSlots } from '#lib/ipfs/chain/slots.ts'
import { createProviders } from '#lib/ipfs/providers/index.ts'
import { createDiskSpace } from '#lib/platform/disk-space.ts'
import { createBreakerSync } from '#lib/redis/breaker-sync.ts'

/** The providers, the clips of the one on this machine, and what our gateway has fetched from others. */
export function openProviders(
  { ipfs }: Config,
  { clock, log, verifiedFiles }: Pick<Services, 'clock' | 'log' | 'verifiedFiles'>,
) {
  const { repositoryDir } = ipfs
  const now = () => clock.now()
  const onNote = (provider: string, note: string) => log.warn({ provider }, note)
  const blockStore = createBlockStore({ directory: path.join(repositoryDir, 'clips'), verifiedFiles })
  const blockCache = createBlockCache({
    store: createBlockStore({ directory: path.join(repositoryDir, 'cache'), verifiedFiles }),
    maxBytes: ipfs.cacheMaxBytes,
    diskSpace: createDiskSpace(repositoryDir),
    now,
  })
  const diskSpace = { hasSpace: blockCache.makeRoom }
  return { ...createProviders(ipfs, { now, blockStore, diskSpace, onNote }), blockStore, blockCache }
}

/** With Redis, what a chain knows of its providers is known to all instances. */
export function openChain(
  { ipfs }: Config,
  { providers, clock, scrub, redis }: Pick<Services, 'providers' | 'clock' | 'scrub' | 'redis'>,
): Chain {
  const limit = ipfs.uploadsPerProvider
  return createChain({
    providers,
    clock,
    scrub,
    retryDelaysMs: ipfs.retryDelaysMs,
    attemptTimeoutMs: ipfs.attemptTimeoutMs,
    maxRetryAfterMs: ipfs.uploadDeadlineMs,
    slots: redis ? createSharedSlots({ limit, redis }) : createLocalSlots({ limit }),
    ...(redis && { breakerSync: createBreakerSync({ redis, now: () => clock.now() }) }),
  })
}
