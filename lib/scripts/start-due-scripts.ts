import { LIVE_LEASE_MS } from '#lib/catalog/leases.ts'
import type { Services } from '#lib/context.ts'
import { advanceScript } from './advance-script.ts'

/** How many scripts one process works on at once; the pieces of all of them share the vendor's slots. */
const SCRIPTS_AT_ONCE = 20

/**
 * Works on the scripts that are due until none is, or `stop` aborts.
 *
 * @throws CatalogError
 */
export async function runDueScripts(services: Services, { stop }: { stop: AbortSignal }): Promise<void> {
  const { scripts } = services.inFlight
  for (;;) {
    await startDueScripts(services, { stop })
    if (scripts.size === 0) return
    await Promise.race(scripts.values())
  }
}

/**
 * Has this process work on the scripts that are due, oldest date first, and returns without waiting for them:
 * `inFlight.scripts` has what goes on. Any number of processes may call it. `stop` begins no further script or piece.
 *
 * @throws CatalogError
 */
export async function startDueScripts(
  services: Services,
  { stop = services.tasks.stopping }: { stop?: AbortSignal } = {},
): Promise<void> {
  const { catalog, clock, inFlight, leaseOwner: owner, tasks } = services
  while (inFlight.scripts.size < SCRIPTS_AT_ONCE && !stop.aborted) {
    const now = clock.now()
    const script = await catalog.scripts.claim({ now, lease: { owner, expiresAt: now + LIVE_LEASE_MS } })
    if (!script) return
    // This process works on it already, and its lease has run out meanwhile: the clock was set forward.
    if (inFlight.scripts.has(script.id)) continue
    const round = tasks
      .track(advanceScript(services, script, stop))
      .catch(() => {})
      .finally(() => inFlight.scripts.delete(script.id))
    inFlight.scripts.set(script.id, round)
  }
}
