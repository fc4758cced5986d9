import { leaseLeftMs } from '#lib/catalog/leases.ts'
import { revive } from '#lib/clips/revive.ts'
import type { Services } from '#lib/context.ts'
import type { Clip } from '#lib/model/clip.ts'

const POLL_MS = 500

/**
 * The clip that an earlier round began to make as `clipId`: waits for it where another process is making it, and brings
 * back what a process that died has left. `undefined` where there is none, so that it must be made anew.
 *
 * @throws ServiceError while it is being saved; CatalogError
 */
export async function findMade(services: Services, clipId: string | null): Promise<Clip | undefined> {
  const { catalog, clock, inFlight, leaseOwner: self, tasks } = services
  if (clipId === null) return undefined
  for (;;) {
    const saving = inFlight.rescues.get(clipId)
    if (saving) throw saving.error
    const clip = await catalog.clips.find(clipId)
    const isBeingMade = clip?.state === 'speaking' && leaseLeftMs(clip, { now: clock.now(), self }) > 0
    if (!isBeingMade) break
    await clock.sleep(POLL_MS, tasks.signal)
  }
  return (await revive(services, clipId)) ? ((await catalog.clips.find(clipId)) ?? undefined) : undefined
}
