import type { Services } from '#lib/context.ts'
import { isOver } from '#lib/model/clip.ts'
import { describeError } from '#lib/platform/errors.ts'
import { isDeadProcess } from '#lib/platform/process-identity.ts'
import { adoptOrphan } from './adopt-orphan.ts'
import { discardDead } from './lost-speech.ts'

/**
 * Looks for what is left of clip `id`, whose process has died: its record, or its bytes, which become a clip that waits
 * for IPFS. Returns whether it can be given to whoever asks for it again; where it cannot, it must be spoken anew.
 *
 * @throws CatalogError when the catalog fails
 */
export async function revive(services: Services, id: string): Promise<boolean> {
  const { catalog, leaseOwner, log } = services
  const clip = await catalog.clips.find(id)
  if (clip && clip.state !== 'speaking') {
    // Nobody else would upload it before its lease has run out.
    if (clip.leaseOwner && isDeadProcess(clip.leaseOwner, leaseOwner)) {
      await catalog.queue.release(clip.leaseOwner, id)
    }
    return !isOver(clip)
  }
  const isAdopted = await adoptOrphan(services, clip ?? { id }).catch((error: unknown) => {
    log.error({ clipId: id, error: describeError(error) }, 'A clip that is asked for again cannot be read')
    return undefined
  })
  if (isAdopted) return true
  const now = await catalog.clips.find(id)
  if (now && now.state !== 'speaking') return !isOver(now)
  // Bytes that cannot be read now stay, and with them their record.
  if (now && isAdopted === false) await discardDead(services, now)
  return false
}
