import type { Services } from '#lib/context.ts'
import { isDeadProcess } from '#lib/platform/process-identity.ts'
import { healAbandoned, healOrphans } from './heal-orphans.ts'
import { lookAtClock } from './look-at-clock.ts'
import { recordNoted } from './record-later.ts'
import { wantedReplicas } from './wanted-replicas.ts'

/**
 * Recovers from a crash: releases the leases of processes that died on this host, records what they have noted, and adopts
 * the audio of clips that they were speaking. To be called before the service reports that it is ready; what takes longer
 * the more clips there are is `healStore`'s. A process without background work only releases leases, and leaves everything
 * else to those that have it.
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
  // Before it has asked a bucket anything, a process is ready.
  const adopted = config.hasBackground && !services.s3 ? await healAbandoned(services) : 0
  return { adopted, waiting: await catalog.queue.countWaiting(clock.now()) }
}

/**
 * Looks through the whole store once, behind readiness: adopts what has no record, and before that uploads to the bucket
 * what processes of this machine had spooled when they died. Returns how many clips were adopted. `startedAt`: when this
 * process was started, which has written no file before (milliseconds since the epoch).
 *
 * @throws CatalogError when the catalog fails
 */
export async function healStore(services: Services, { startedAt }: { startedAt: number }): Promise<number> {
  const { config, log, s3 } = services
  const pushed = s3 ? await s3.store.pushLeftBehind() : 0
  // Other machines write into a bucket, too.
  const options = s3 ? {} : { storedBy: startedAt }
  const adopted = config.hasBackground ? await healOrphans(services, options) : 0
  if (pushed + adopted > 0) log.info({ pushed, adopted }, 'Recovered audio after a crash')
  return adopted
}
