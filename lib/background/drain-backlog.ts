import { outageOf } from '#lib/clips/outage.ts'
import { isProviderFault, uploadPending } from '#lib/clips/upload-pending.ts'
import type { Services } from '#lib/composition.ts'
import { sameEverywhere } from '#lib/platform/process-singleton.ts'

const BATCH = 100
const drainOf = (services: Services) => sameEverywhere(services, 'drain', () => ({ isRunning: false }))

/**
 * Uploads the whole backlog, batch after batch, until it is empty or a provider fails again. Called after an upload has
 * succeeded: an outage of hours ends at once, without waiting for traffic. Each clip is tried once after an outage; one
 * that fails while others succeed then waits for its own date. Runs once at a time.
 */
export async function drainBacklog(services: Services): Promise<void> {
  const { clock, work } = services
  const drain = drainOf(services)
  if (drain.isRunning || work.signal.aborted) return
  drain.isRunning = true
  const outage = outageOf(services)
  outage.endedAt ??= clock.now()
  const now = outage.endedAt
  const batch = { limit: BATCH, trigger: 'recovery', dueOnly: false, signal: work.signal, now } as const
  try {
    for (;;) {
      const { successCount, results } = await uploadPending(services, batch)
      if (successCount === 0 || results.some(isProviderFault)) return
    }
  } finally {
    drain.isRunning = false
  }
}
