import type { Services } from '../services.ts'
import { isProviderFault, uploadPending } from '../upload-pending.ts'

const BATCH = 100
const draining = new WeakSet<Services>()

/**
 * Uploads the whole backlog, batch after batch and each clip once, until it is empty or a provider fails again. Called
 * after an upload has succeeded: an outage of hours ends at once, without waiting for traffic. Runs once at a time.
 */
export async function drainBacklog(services: Services): Promise<void> {
  const { catalog, clock, work } = services
  if (draining.has(services) || work.signal.aborted) return
  draining.add(services)
  const now = clock.now()
  const batch = { limit: BATCH, trigger: 'recovery', dueOnly: false, signal: work.signal, now } as const
  try {
    while ((await catalog.queue.countWaiting(clock.now())) > 0) {
      const { successCount, results } = await uploadPending(services, batch)
      if (successCount === 0 || results.some(isProviderFault)) return
    }
  } finally {
    draining.delete(services)
  }
}
