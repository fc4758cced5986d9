import { fileDueCaptions } from '#lib/clips/file-captions.ts'
import { failedByProvider, uploadPending } from '#lib/clips/upload-pending.ts'
import type { Services } from '#lib/context.ts'

const BATCH = 1000

/**
 * Uploads the whole backlog, the captions of clips that were stored among it, batch after batch, until it is empty or a
 * provider fails again. Called after an upload has succeeded, so that clips need not wait for traffic after an outage of
 * hours. Each clip is tried once after an outage; one that fails while others succeed then waits for its own date. Does
 * nothing while a drain is running, or while nothing waits as far as is known.
 *
 * @throws CatalogError
 */
export async function drainBacklog(services: Services): Promise<void> {
  const { chain, clock, inFlight, outage, tasks, workHints } = services
  if (inFlight.isDraining || tasks.signal.aborted) return
  inFlight.isDraining = true
  outage.endedAt ??= clock.now()
  const since = outage.endedAt
  // What is not tried, since no provider may be, still waits.
  const hasFound = (tried: number) => tried > 0 || !chain.canTry('background')
  try {
    await workHints.look('backlog', () => drain(services, since), hasFound)
  } finally {
    inFlight.isDraining = false
  }
}

/** Returns how many clips were tried. */
async function drain(services: Services, now: number): Promise<number> {
  const { signal } = services.tasks
  const batch = { limit: BATCH, trigger: 'recovery', dueOnly: false, signal, now } as const
  for (let tried = 0; ; ) {
    await fileDueCaptions(services, { limit: BATCH })
    const { processed, successCount, results } = await uploadPending(services, batch)
    tried += processed
    if (successCount === 0 || results.some(failedByProvider)) return tried
  }
}
