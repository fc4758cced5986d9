import type { Services } from '#lib/context.ts'
import { isDeadProcess } from '#lib/platform/process-identity.ts'
import { healOrphans } from './heal-orphans.ts'
import { lookAtClock } from './look-at-clock.ts'
import { recordNoted } from './record-later.ts'
import { wantedReplicas } from './wanted-replicas.ts'

/**
 * Recovers from a crash: releases the leases of processes that died on this host, adopts audio whose record was not
 * written, and deletes what cannot be used. To be called before the service reports that it is ready. A process without
 * background work only releases leases, and leaves everything else to those that have it.
 *
 * @throws CatalogError when the catalog fails
 */
export async function recover(services: Services): Promise<{ adopted: number; waiting: number }> {
  const { catalog, clock, config, leaseOwner } = services
  for (const owner of await catalog.queue.owners()) {
    if (isDeadProcess(owner, leaseOwner)) await catalog.queue.release(owner)
  }
  for (const owner of await catalog.scripts.owners()) {
    if (isDeadProcess(owner, leaseOwner)) await catalog.scripts.release(owner)
  }
  await lookAtClock(services, { isStart: true })
  // Before their audio would be adopted as that of clips of which nothing is known.
  await recordNoted(services)
  const replicas = wantedReplicas(services)
  if (config.hasBackground && replicas > 1) await catalog.replications.want(replicas, clock.now())
  const isHealer = config.hasBackground && !services.s3
  const adopted = isHealer ? await healOrphans(services, { isStart: true }) : 0
  return { adopted, waiting: await catalog.queue.countWaiting(clock.now()) }
}

/** Uploads to the bucket what processes of this machine had spooled when they died, and adopts what has no record. */
export async function healBucket(services: Services): Promise<void> {
  if (!services.s3) return
  const pushed = await services.s3.store.pushLeftBehind()
  const adopted = services.config.hasBackground ? await healOrphans(services, { isStart: false }) : 0
  if (pushed + adopted > 0) services.log.info({ pushed, adopted }, 'Recovered audio after a crash')
}
