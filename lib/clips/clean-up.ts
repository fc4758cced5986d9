import { CatalogError } from '#lib/catalog/connection.ts'
import type { Services } from '#lib/context.ts'
import { describeError } from '#lib/platform/errors.ts'
import { inBatches } from '#lib/platform/in-batches.ts'
import { adoptOrphan } from './adopt-orphan.ts'
import { freeDiskSpace } from './byte-budget.ts'
import { deleteBytes, expireClip } from './expire.ts'
import { uploadPending } from './upload-pending.ts'

const BATCH = 100
/** The catalog is asked once for so many files. */
const FILES_AT_ONCE = 500
const ATTEMPTS_KEPT_MS = 30 * 24 * 3_600_000
/** A write that has not grown for this long belongs to a process that died. */
const UNFINISHED_AFTER_MS = 3_600_000
/** A file may be this young before its record must be there. */
const ORPHAN_AFTER_MS = 60_000

export interface CleanUpResult {
  /** Clips that a last try has brought to IPFS. */
  saved: number
  /** Clips whose time ended before any provider took them. */
  expired: number
  /** Clips whose bytes were deleted since IPFS has them. */
  bytesDeleted: number
  /** Files without a record that became clips again. */
  adopted: number
  prunedAttempts: number
}

/**
 * Ends what has had its time: a last try for clips that wait, then expiry; bytes that IPFS has; files without record;
 * records of clips whose speaker died; old attempts. Safe to run in several processes at once.
 *
 * @throws CatalogError when the catalog fails; the signal's reason when it aborts
 */
export async function cleanUp(services: Services, options: { signal: AbortSignal }): Promise<CleanUpResult> {
  const { catalog, clock } = services
  // A catalog on a full disk could write nothing of what follows. Where nothing can be freed, it may work all the same.
  await freeDiskSpace(services, 0).catch(() => {})
  const saved = await lastTries(services, options.signal)
  options.signal.throwIfAborted()
  return {
    saved,
    expired: await expireOverdue(services),
    bytesDeleted: await evictStored(services),
    adopted: await healOrphans(services, { isStart: false }),
    prunedAttempts: await catalog.attempts.prune(clock.now() - ATTEMPTS_KEPT_MS),
  }
}

async function lastTries(services: Services, signal: AbortSignal): Promise<number> {
  const { catalog, chain, clock, config } = services
  const now = clock.now()
  // What is over now has no other chance: a provider at rest is asked all the same, once.
  const isLastChance =
    !config.tempAudio.keepPending && (await catalog.backlog.overdue({ now, limit: 1 })).length > 0
  if (isLastChance) chain.resetCoolDowns()
  // Before the next clean-up these are over.
  const expiringBefore = now + config.tempAudio.cleanupIntervalMs
  const { successCount } = await uploadPending(services, {
    limit: Number.MAX_SAFE_INTEGER,
    trigger: 'last_try',
    dueOnly: false,
    expiringBefore,
    signal,
  })
  return successCount
}

async function expireOverdue(services: Services): Promise<number> {
  const { catalog, clock, config } = services
  if (config.tempAudio.keepPending) return 0
  let expired = 0
  for (;;) {
    const clips = await catalog.backlog.overdue({ now: clock.now(), limit: BATCH })
    let progress = 0
    for (const clip of clips) {
      if (await expireClip(services, clip)) progress += 1
    }
    expired += progress
    if (progress === 0) return expired
  }
}

async function evictStored(services: Services): Promise<number> {
  const { catalog, clock } = services
  let count = 0
  for (;;) {
    const clips = await catalog.backlog.evictable({ limit: BATCH, endedBefore: clock.now() })
    const gone = await deleteBytes(services, clips)
    count += gone
    if (clips.length < BATCH || gone === 0) return count
  }
}

/**
 * Brings files and records together: adopts audio that has no record or whose speaker died, deletes what nobody needs,
 * clears away unfinished writes. Returns how many clips were adopted.
 *
 * A clip that waits and has lost its bytes is left to its time: they may be on a disk that comes back.
 */
export async function healOrphans(services: Services, { isStart }: { isStart: boolean }): Promise<number> {
  const { catalog, store, clock } = services
  const now = clock.now()
  let adopted = 0
  for (const clip of await catalog.backlog.abandoned(now)) {
    await healing(services, clip.id, async () => {
      if (await adoptOrphan(services, clip)) adopted += 1
      else await catalog.clips.discard(clip.id)
    })
  }
  // Asked before the files are listed, so that a clip which comes meanwhile is not among them.
  const withoutFile = new Set(await catalog.backlog.evictableIds())
  const removeUnfinishedBefore = now - UNFINISHED_AFTER_MS
  for await (const files of inBatches(store.list({ removeUnfinishedBefore }), FILES_AT_ONCE)) {
    const localAmong = await catalog.clips.localAmong(files.map(({ id }) => id))
    for (const file of files) {
      withoutFile.delete(file.id)
      const isLocal = localAmong.get(file.id)
      if (isLocal || (!isStart && file.storedAt > now - ORPHAN_AFTER_MS)) continue
      await healing(services, file.id, async () => {
        if (isLocal === false) await store.delete(file.id)
        else if (await adoptOrphan(services, file)) adopted += 1
      })
    }
  }
  await deleteBytes(
    services,
    Array.from(withoutFile, (id) => ({ id })),
  )
  return adopted
}

/** One clip that cannot be healed now must not keep the others from it. */
async function healing({ log }: Services, clipId: string, heal: () => Promise<void>) {
  try {
    await heal()
  } catch (error) {
    if (CatalogError.isInstance(error)) throw error
    log.error(
      { clipId, error: describeError(error) },
      'A clip in the temporary store could not be healed yet',
    )
  }
}
