import { audit, readBackDue } from '#lib/clips/audit.ts'
import { cleanUp } from '#lib/clips/clean-up.ts'
import { eraseDue } from '#lib/clips/erase-clip.ts'
import { fileDueCaptions } from '#lib/clips/file-captions.ts'
import { lookAtClock } from '#lib/clips/look-at-clock.ts'
import { replicate } from '#lib/clips/replicate.ts'
import { countRemaining, uploadPending } from '#lib/clips/upload-pending.ts'
import type { Services } from '#lib/context.ts'
import { DAY_MS } from '#lib/platform/units.ts'
import { drainBacklog } from './drain-backlog.ts'
import { dueWork, inSteps } from './enqueue-due-work.ts'

const CLIPS_PER_RUN = 1000
const SAMPLES_KEPT_MS = 31 * DAY_MS

/** Uploads clip `id` if it is due, and drains the backlog if that succeeded. @throws CatalogError */
export async function uploadDue(services: Services, id: string): Promise<void> {
  const { signal } = services.tasks
  const clip = { id, limit: 1, trigger: 'queue', dueOnly: true, signal } as const
  const { successCount } = await uploadPending(services, clip)
  if (successCount > 0) await drainBacklog(services)
}

/** Uploads clips whose replicas are due to further providers. @throws CatalogError */
export async function replicateDue(services: Services) {
  return replicate(services, { limit: CLIPS_PER_RUN, dueOnly: true, signal: services.tasks.signal })
}

/** Deletes what is left of clips that were deleted. @throws CatalogError */
export async function eraseDueClips(services: Services): Promise<number> {
  return eraseDue(services, { limit: CLIPS_PER_RUN, signal: services.tasks.signal })
}

/**
 * Uploads and replicates what is due, captions among it, whether it was enqueued or not, and drains the backlog if that succeeded.
 *
 * @throws CatalogError
 */
export async function runDueWork(services: Services) {
  const { signal } = services.tasks
  const due = { limit: CLIPS_PER_RUN, trigger: 'timer', dueOnly: true, signal } as const
  await fileDueCaptions(services, { limit: CLIPS_PER_RUN })
  const { processed, successCount, failureCount } = await uploadPending(services, due)
  if (successCount > 0) await drainBacklog(services)
  return { processed, successCount, failureCount, replicas: await replicateDue(services) }
}

/** What is due and cannot be done now is looked at again after this time. */
const LOOK_AGAIN_MS = 5000

/** The same, and enqueues the next run for the next date of a clip. @throws CatalogError */
export async function runDueWorkOnTime(services: Services): Promise<void> {
  const { catalog, clock, workQueue } = services
  await runDueWork(services)
  const next = await catalog.queue.nextDueAt()
  if (next === undefined) return
  const now = clock.now()
  workQueue.enqueue(dueWork, next > now ? next : now + LOOK_AGAIN_MS)
}

/**
 * One run of the clean-up timer: looks at the clock, uploads and replicates what is due, then ends the clips whose time is
 * over.
 *
 * @throws CatalogError
 */
export async function runMaintenance(services: Services): Promise<void> {
  const { catalog, clock, log, tasks } = services
  await lookAtClock(services)
  const uploaded = await runDueWork(services)
  const cleaned = await cleanUp(services, { signal: tasks.signal })
  const remaining = await countRemaining(services)
  await catalog.stats.sample(clock.now(), clock.now() - SAMPLES_KEPT_MS)
  log.info({ ...uploaded, remaining, ...cleaned }, 'Cleaned up')
}

/** Reads those clips back that were stored lately or are in doubt, and enqueues the next ones. @throws CatalogError */
export async function readBack(services: Services): Promise<void> {
  const { catalog, clock, tasks, workQueue } = services
  await readBackDue(services, { limit: CLIPS_PER_RUN, signal: tasks.signal })
  const next = await catalog.pins.nextReadBackAt()
  if (next === undefined) return
  // At the next step at the earliest: what is due now was left over by the limit.
  workQueue.enqueue({ kind: 'read-back', id: 'all' }, inSteps(Math.max(next, clock.now() + 1)))
}

/**
 * Reads up to `AUDIT_REQUESTS_PER_MINUTE` of the clips back that were not checked for `AUDIT_INTERVAL_HOURS`, to be called
 * once a minute.
 *
 * @throws CatalogError
 */
export async function auditDue(services: Services): Promise<void> {
  const { clock, config, tasks } = services
  const { intervalMs, requestsPerMinute: limit } = config.audit
  if (intervalMs > 0) await audit(services, { limit, before: clock.now() - intervalMs, signal: tasks.signal })
}
