import type { NewClip } from '#lib/catalog/clips.ts'
import type { Services } from '#lib/context.ts'
import type { Clip, VocalizedClip } from '#lib/model/clip.ts'
import { logMessages } from '#lib/telemetry/log.ts'
import { keepCaptions } from './keep-captions.ts'
import { leaseMs } from './lease.ts'
import { originalFacts, type StagedAudio } from './staged-audio.ts'

/** Records that a clip's bytes are durable, under a lease of this process. `undefined` where the catalog fails. */
export async function recordStaged(
  services: Services,
  newClip: NewClip,
  staged: StagedAudio,
): Promise<Clip | undefined> {
  const { catalog, clock, config, leaseOwner, log } = services
  const { cid, mimeType, fileExtension, durationMs, sizeBytes } = staged
  const now = clock.now()
  await keepCaptions(services, newClip.id, staged.captions)
  try {
    const clip = await catalog.clips.stage(newClip.id, {
      cid,
      mimeType,
      fileExtension,
      durationMs,
      sizeBytes,
      ...originalFacts(staged),
      spokenAt: staged.spokenAt,
      speech: staged.speech,
      stagedAt: now,
      // The time to live begins once the clip is spoken, however long that took.
      expiresAt: now + config.tempAudio.ttlMs,
      leaseOwner,
      leaseExpiresAt: now + leaseMs(services),
    })
    return clip ?? undefined
  } catch (error) {
    log.error({ err: error, clipId: newClip.id }, 'A clip could not be recorded')
    return undefined
  }
}

/** The answer for a clip that waits for IPFS; says so in the log. */
export function keptTemporarily(services: Services, clip: Clip, staged: StagedAudio): VocalizedClip {
  const log = services.log.child({ requestId: clip.requestId, clipId: clip.id })
  log.info(logMessages.keptTemporarily(clip.id))
  log.info(logMessages.willRetry)
  return asVocalized({ ...clip, state: 'pending' }, staged)
}

/** `clip`, with what is known of it once it was staged. */
export function asVocalized(clip: Clip, staged: StagedAudio): VocalizedClip {
  const { cid, mimeType, durationMs, speech } = staged
  return { ...clip, cid, mimeType, durationMs, speech }
}
