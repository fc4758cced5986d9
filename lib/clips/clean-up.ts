import type { Services } from '#lib/context.ts'
import { DAY_MS } from '#lib/platform/units.ts'
import { freeDiskSpace } from './byte-budget.ts'
import { deleteBytes, expireClip } from './expire.ts'
import { healOrphans } from './heal-orphans.ts'
import { clipsMayEndAt } from './look-at-clock.ts'
import { uploadPending } from './upload-pending.ts'

const BATCH = 100
const ATTEMPTS_KEPT_MS = 30 * DAY_MS

export interface CleanUpResult {
  /** Clips that were stored in a last attempt before they expired. */
  saved: number
  /** Clips that no provider took in time. */
  expired: number
  /** Clips whose bytes were deleted since IPFS delivers them. */
  bytesDeleted: number
  /** Files without a record that became clips again. */
  adopted: number
  prunedAttempts: number
  /** Old records of clips and scripts that were deleted (`RECORDS_KEPT_DAYS`). */
  prunedRecords: number
}

/**
 * Makes a last attempt for clips that are about to expire, then expires those that are over; deletes local bytes that
 * IPFS delivers; adopts or deletes files without a record; discards records of clips whose process died while they were
 * spoken; deletes old attempts. Safe to run in several processes at once.
 *
 * @throws CatalogError when the catalog fails; the signal's reason when it aborts
 */
export async function cleanUp(services: Services, options: { signal: AbortSignal }): Promise<CleanUpResult> {
  const { catalog, clock } = services
  // On a full disk the catalog could not write what follows. Where nothing can be freed, it is tried all the same.
  await freeDiskSpace(services, 0).catch(() => {})
  await keepPieces(services)
  const saved = await lastAttempts(services, options.signal)
  options.signal.throwIfAborted()
  return {
    saved,
    expired: await expireOverdue(services),
    bytesDeleted: await evictStored(services),
    adopted: await healOrphans(services),
    prunedAttempts:
      (await catalog.attempts.prune(clock.now() - ATTEMPTS_KEPT_MS)) +
      (await catalog.speechAttempts.prune(clock.now() - ATTEMPTS_KEPT_MS)),
    prunedRecords: await pruneRecords(services, options.signal),
  }
}

/** What a script still needs outlives the next clean-ups, however long its vendor is out of reach. */
async function keepPieces({ catalog, clock, config }: Services): Promise<void> {
  const { ttlMs, cleanupIntervalMs } = config.tempAudio
  await catalog.scripts.keepPieces(clock.now() + Math.max(ttlMs, 3 * cleanupIntervalMs))
}

async function pruneRecords({ catalog, clock, config }: Services, signal: AbortSignal): Promise<number> {
  const { keptMs } = config.records
  return Number.isFinite(keptMs) ? catalog.records.prune(clock.now() - keptMs, signal) : 0
}

async function lastAttempts(services: Services, signal: AbortSignal): Promise<number> {
  const { catalog, chain, clock, config } = services
  const now = clock.now()
  // Clips that will be over before the next clean-up.
  const expiringBefore = now + config.tempAudio.cleanupIntervalMs
  const mayEndAt = await clipsMayEndAt(services)
  if (mayEndAt > expiringBefore) return 0
  // Clips that are over now have no other chance: even a provider with an open breaker is tried once.
  const isLastChance =
    !config.tempAudio.keepPending &&
    mayEndAt <= now &&
    (await catalog.backlog.overdue({ now, limit: 1 })).length > 0
  if (isLastChance) chain.resetCoolDowns()
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
  if (config.tempAudio.keepPending || clock.now() < (await clipsMayEndAt(services))) return 0
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
    const clips = await catalog.backlog.evictable({
      limit: BATCH,
      endedBefore: clock.now(),
      hasReplicas: true,
    })
    const gone = await deleteBytes(services, clips)
    count += gone
    if (clips.length < BATCH || gone === 0) return count
  }
}
