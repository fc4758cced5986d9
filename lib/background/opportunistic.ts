import { uploadPending } from '#lib/clips/upload-pending.ts'
import type { Services } from '#lib/context.ts'
import { drainBacklog } from './drain-backlog.ts'

/**
 * Lets traffic retry what waits: with chance `OPPORTUNISTIC_RETRY_CHANCE` uploads up to `RETRY_BATCH_SIZE` due clips.
 * To be called after the response, so that no request is slowed down. Does nothing where other processes do the
 * background work.
 *
 * @throws CatalogError
 */
export async function retryOpportunistically(services: Services): Promise<void> {
  const { config, clock, tasks, workHints } = services
  if (!config.hasFollowUps || clock.random() >= config.retry.opportunisticChance) return
  const round = {
    limit: config.retry.batchSize,
    trigger: 'hook',
    dueOnly: true,
    signal: tasks.signal,
  } as const
  const result = await workHints.look(
    'due',
    () => uploadPending(services, round),
    // A round that something has stopped has left clips behind.
    ({ processed, stoppedBy }) => processed > 0 || stoppedBy !== undefined,
  )
  if (result && result.successCount > 0) await drainBacklog(services)
}
