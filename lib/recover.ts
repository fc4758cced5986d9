import { healOrphans } from './clean-up.ts'
import { isDeadLeaseOwner } from './lease-owner.ts'
import { wantedReplicas } from './replicate.ts'
import type { Services } from './services.ts'

/**
 * Turns what a crash left behind into waiting clips: takes back the leases of processes that died on this host, adopts
 * audio whose record was not written, clears away the rest. To be called before the service says that it is ready.
 *
 * @throws CatalogError when the catalog fails
 */
export async function recover(services: Services): Promise<{ adopted: number; waiting: number }> {
  const { catalog, clock, leaseOwner } = services
  for (const owner of await catalog.queue.owners()) {
    if (isDeadLeaseOwner(owner, leaseOwner)) await catalog.queue.release(owner)
  }
  const replicas = wantedReplicas(services)
  if (replicas > 1) await catalog.replications.want(replicas, clock.now())
  const adopted = await healOrphans(services, { isStart: true })
  return { adopted, waiting: await catalog.queue.countWaiting(clock.now()) }
}
