import { fileDueCaptions } from '#lib/clips/file-captions.ts'
import { failedByProvider, uploadPending } from '#lib/clips/upload-pending.ts'
import type { Services } from '#lib/context.ts'

const BATCH = 1000

/**
 * Uploads the whole backlog, the captions of clips that were stored among it, batch after batch, until it is empty or a provider fails again. Called after an upload has
 * succeeded, so that clips need not wait for traffic after an outage of hours. Each clip is tried once after an outage;
 * one that fails while others succeed then waits for its own date. Does nothing while a drain is running.
 *
 * @throws CatalogError
 */
export async function drainBacklog(services: Services): Promise<void> {
  const { clock, inFlight, outage, tasks } = services
  if (inFlight.isDraining || tasks.signal.aborted) return
  inFlight.isDraining = true
  outage.endedAt ??= clock.now()
  const now = outage.endedAt
  const batch = { limit: BATCH, trigger: 'recovery', dueOnly: false, signal: tasks.signal, now } as const
  try {
    for (;;) {
      await fileDueCaptions(services, { limit: BATCH })
      const { successCount, results } = await uploadPending(services, batch)
      if (successCount === 0 || results.some(failedByProvider)) return
    }
  } finally {
    inFlight.isDraining = false
  }
}
