import { audit } from '../audit.ts'
import type { Services } from '../services.ts'

const MINUTE_MS = 60_000

/**
 * Reads up to `AUDIT_REQUESTS_PER_MINUTE` clips back every minute: fresh ones until they are delivered for the first
 * time, all others every `AUDIT_INTERVAL_HOURS`. Returns the end of it.
 */
export function startAuditor(
  services: Services,
  { recovered }: { recovered: () => Promise<void> },
): () => void {
  const { clock, config, work } = services
  const { intervalMs, requestsPerMinute } = config.audit
  let running: Promise<unknown> | undefined
  const round = () =>
    audit(services, {
      limit: requestsPerMinute,
      before: intervalMs > 0 ? clock.now() - intervalMs : 0,
      signal: work.signal,
    })
  const interval = setInterval(() => {
    running ??= work
      .track(recovered().then(round))
      .catch(() => {})
      .finally(() => {
        running = undefined
      })
  }, MINUTE_MS)
  interval.unref()
  return () => clearInterval(interval)
}
