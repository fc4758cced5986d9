import { readBackDue } from '#lib/clips/audit.ts'
import { eraseDue } from '#lib/clips/erase-clip.ts'
import { fileCaptions } from '#lib/clips/file-captions.ts'
import { replicate } from '#lib/clips/replicate.ts'
import { uploadPending } from '#lib/clips/upload-pending.ts'
import type { Services } from '#lib/context.ts'
import { captionsIdOf, type VocalizedClip } from '#lib/model/clip.ts'
import { runDueScripts } from '#lib/scripts/start-due-scripts.ts'
import { deliverWebhooks } from '#lib/webhooks/deliver.ts'
import { drainBacklog } from './drain-backlog.ts'
import { retryOpportunistically } from './opportunistic.ts'
import { auditDue, eraseDueClips, readBack, runMaintenance } from './tasks.ts'

/** How many replicas each answer is followed by: one of its own clip, and one of a clip that still waits. */
const REPLICAS_PER_ANSWER = 2

/** How many deletions go on after each answer, where no timer sees to them. */
const DELETIONS_PER_ANSWER = 20

/** How many clips that were stored before are read back after each answer. */
const READ_BACKS_PER_ANSWER = 3

/**
 * What is due once `vocalize` was answered. A clip that was stored shows that the backlog can be stored, too; one that
 * was kept temporarily gives the opportunistic hook its chance. Providers whose cool-down is over are probed here, since
 * callers never do that; where other processes do the background work, nothing else is done.
 */
export async function afterResponse(services: Services, clip: VocalizedClip): Promise<void> {
  const { chain, config, tasks } = services
  if (!config.hasFollowUps) return chain.probe(clip.cid, tasks.signal)
  if (clip.state === 'stored') await afterStored(services, clip)
  else await afterPending(services)
  await afterWork(services)
}

/**
 * What is due once clips may have been stored, expired or deleted behind an answer, where no timer does it: what is left of
 * deletions, and webhooks.
 */
export async function afterWork(services: Services): Promise<void> {
  const { hasBackground, hasFollowUps } = services.config
  if (!hasFollowUps || hasBackground) return
  await eraseDue(services, { limit: DELETIONS_PER_ANSWER, signal: services.tasks.signal })
  await deliverWebhooks(services)
}

async function afterStored(services: Services, clip: VocalizedClip) {
  const { chain, tasks, workHints } = services
  const { signal } = tasks
  await chain.probe(clip.cid, signal)
  await uploadCaptions(services, clip)
  await drainBacklog(services)
  await workHints.look(
    'replicas',
    () => replicate(services, { limit: REPLICAS_PER_ANSWER, dueOnly: true, signal }),
    ({ added, failed }) => added + failed > 0,
  )
  await workHints.look(
    'readBacks',
    () => readBackDue(services, { limit: READ_BACKS_PER_ANSWER, signal }),
    (found) => found.length > 0,
  )
}

/** At once, since a drain that is running may not see them any more. */
async function uploadCaptions(services: Services, clip: VocalizedClip) {
  if (!clip.captionsCid) return
  await fileCaptions(services, clip.id)
  const { signal } = services.tasks
  await uploadPending(services, {
    id: captionsIdOf(clip.id),
    limit: 1,
    trigger: 'queue',
    dueOnly: true,
    signal,
  })
}

async function afterPending(services: Services) {
  const { chain, tasks } = services
  if (chain.canTry('interactive') || !chain.canTry('background')) return retryOpportunistically(services)
  const probe = { limit: 1, trigger: 'recovery', dueOnly: false, signal: tasks.signal } as const
  const { successCount } = await uploadPending(services, probe)
  if (successCount > 0) await drainBacklog(services)
}

/** How long a function of a serverless platform begins pieces; what is spoken then comes to its end. */
const SCRIPTS_MS = 200_000

/** What is due once a script was sent: where no timer does it, this process begins to speak it. */
export async function afterScript(services: Services): Promise<void> {
  const { hasBackground, hasFollowUps } = services.config
  if (!hasFollowUps || hasBackground) return
  const { stopping } = services.tasks
  await runDueScripts(services, { stop: AbortSignal.any([stopping, AbortSignal.timeout(SCRIPTS_MS)]) })
  await afterWork(services)
}

/**
 * What is due once cron was answered: where nothing runs between requests, all that timers do elsewhere. What is not
 * done when `end` aborts is left to the next call.
 *
 * @throws CatalogError
 */
export async function afterCron(given: Services, end: AbortSignal): Promise<void> {
  const { config, log, tasks } = given
  if (config.hasBackground || !config.hasFollowUps) return
  const services = { ...given, tasks: { ...tasks, signal: AbortSignal.any([tasks.signal, end]) } }
  try {
    await deliverWebhooks(services)
    await runMaintenance(services)
    await readBack(services)
    await auditDue(services)
    await eraseDueClips(services)
    await afterScript(services)
    // Those of the clips that were stored or expired just now.
    await deliverWebhooks(services)
  } catch (error) {
    if (!end.aborted) throw error
    log.warn('Cron has run out of time: the next call goes on')
  }
}
