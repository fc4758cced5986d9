import { CatalogError } from '#lib/catalog/connection.ts'
import { leaseLeftMs } from '#lib/catalog/leases.ts'
import type { Services } from '#lib/context.ts'
import { describeError } from '#lib/platform/errors.ts'
import { inBatches } from '#lib/platform/in-batches.ts'
import { HOUR_MS, MINUTE_MS } from '#lib/platform/units.ts'
import { adoptOrphan } from './adopt-orphan.ts'
import { deleteBytes } from './expire.ts'
import { discardDead } from './lost-speech.ts'

/** How many files the catalog is asked for in one query. */
const FILES_AT_ONCE = 500
/** A write that has not grown for this long belongs to a process that died. */
const UNFINISHED_AFTER_MS = HOUR_MS
/** How long a file may exist before its record must. */
const ORPHAN_AFTER_MS = MINUTE_MS

/**
 * Adopts audio whose process died while it was spoken, and discards the records of such clips that left none. Returns how
 * many clips were adopted.
 *
 * @throws CatalogError when the catalog fails
 */
export async function healAbandoned(services: Services): Promise<number> {
  const { catalog, clock, leaseOwner: self } = services
  const now = clock.now()
  let adopted = 0
  for (const clip of await catalog.backlog.abandoned(now)) {
    // Its process lives and was kept from renewing its lease.
    if (leaseLeftMs(clip, { now, self }) > 0) continue
    await healing(services, clip.id, async () => {
      if (await adoptOrphan(services, clip)) adopted += 1
      else await discardDead(services, clip)
    })
  }
  return adopted
}

/**
 * Reconciles files with records: adopts audio that has no record or whose process died while it was spoken, deletes
 * files that no record needs, and removes unfinished writes. Returns how many clips were adopted. Without a record only
 * files are adopted that were stored at `storedBy` or before (milliseconds since the epoch, by default a minute ago): the
 * record of a newer one may be about to be written.
 *
 * A waiting clip whose bytes are missing is left alone until it expires: they may be on a disk that comes back.
 *
 * @throws CatalogError when the catalog fails
 */
export async function healOrphans(services: Services, options: { storedBy?: number } = {}): Promise<number> {
  const { catalog, store, clock, tasks } = services
  const now = clock.now()
  const { storedBy = now - ORPHAN_AFTER_MS } = options
  let adopted = await healAbandoned(services)
  // Read before the files are listed, so that a clip which is added meanwhile is not among them.
  const held = new Map<string, boolean>()
  for await (const clips of catalog.backlog.held()) {
    for (const { id, isSettled } of clips) held.set(id, isSettled)
  }
  // Each file that a record names is found once; of the others there are few, and only they are looked at.
  const listed = store.list({
    isKnown: (id: string) => held.delete(id),
    removeUnfinishedBefore: now - UNFINISHED_AFTER_MS,
  })
  for await (const files of inBatches(listed, FILES_AT_ONCE)) {
    const localAmong = await catalog.clips.localAmong(files.map(({ id }) => id))
    for (const file of files) {
      // Where a whole catalog was lost there are many.
      if (tasks.stopping.aborted) return adopted
      const isLocal = localAmong.get(file.id)
      if (isLocal || file.storedAt > storedBy) continue
      await healing(services, file.id, async () => {
        if (isLocal === false) await store.delete(file.id)
        else if (await adoptOrphan(services, file)) adopted += 1
      })
    }
  }
  const withoutFile = [...held].flatMap(([id, isSettled]) => (isSettled ? [{ id }] : []))
  await deleteBytes(services, withoutFile)
  return adopted
}

/** One clip that cannot be healed now must not stop the others. */
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
