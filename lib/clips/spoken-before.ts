import type { RequestClaim } from '#lib/catalog/requests.ts'
import type { RunningRescue, Services } from '#lib/context.ts'
import type { Clip, VocalizedClip } from '#lib/model/clip.ts'
import { isDeadProcess } from '#lib/platform/process-identity.ts'
import type { SpeechRequest } from '#lib/speech/speech.ts'
import { isToBeHad } from './is-to-be-had.ts'
import { requestFingerprint } from './request-fingerprint.ts'
import { revive } from './revive.ts'
import { resolveSpeech } from './vocalize.ts'

const POLL_MS = 100

/** Gives a claim up; whether that could be recorded. */
export const giveUp = ({ catalog }: Services, hash: string, id: string) =>
  catalog.requests.giveUp(hash, id).then(
    () => true,
    () => false,
  )

/** Whether the vendor that callers want is known to be down: the clip of a stand-in may answer as long as it is. */
export const isDown = ({ speech }: Services) => speech.states()[0]?.breaker === 'open'

/** Whether another vendor than the wanted one has spoken it. */
export const isByStandIn = ({ speech }: Services, clip: Clip) =>
  clip.speech !== null && clip.speech.spokenBy.vendor !== speech.vendor.name

/** Has the clip of a stand-in found again only while the wanted vendor is down: nobody gets it later for the original. */
export async function keepApart(
  services: Services,
  hash: string,
  standInHash: string | undefined,
  id: string,
) {
  if (standInHash) await claim(services, standInHash, id).catch(() => {})
  await giveUp(services, hash, id)
}

/** Has the same request find a clip that is being saved, and answers it with the same error until that is done. */
export function rememberWhileSaving(services: Services, saving: RunningRescue, hash: string, id: string) {
  const { rescues } = services.inFlight
  rescues.set(hash, { ...saving, sizeBytes: 0 })
  void saving.ended
    // The claim from before may never have been written.
    .then(() => claim(services, hash, id))
    .catch(() => {})
    .finally(() => rescues.delete(hash))
}

type ClaimOptions = Pick<RequestClaim, 'lost' | 'onlyLooks'>

function claim(services: Services, hash: string, clipId: string, options: ClaimOptions = {}) {
  const { catalog, clock, config, leaseOwner: owner } = services
  const now = clock.now()
  const notBefore = now - config.reuse.ttlMs
  const expiresAt = now + config.tempAudio.ttlMs
  return catalog.requests.claim({ hash, clipId, ...options, owner, now, notBefore, expiresAt })
}

/** Claims `hash` for clip `id`, unless a clip answers it, or another call is speaking one. @throws CatalogError */
export async function claimNow(services: Services, hash: string, id: string): Promise<boolean> {
  return (await claim(services, hash, id)).status === 'ours'
}

/**
 * The clip that answers `hash`: waits for it where another call is speaking it. `undefined` where this call has claimed
 * the hash, and must speak it as clip `id`. `onlyLooks`: it claims nothing.
 */
export async function findSpoken(
  services: Services,
  hash: string,
  id: string,
  { allowsStandIn = false, onlyLooks = false } = {},
): Promise<VocalizedClip | undefined> {
  const { clock, config, leaseOwner, tasks } = services
  for (let lost: string | undefined; ; ) {
    const now = clock.now()
    const owner = await claim(services, hash, id, { lost, onlyLooks })
      // Without the catalog nothing can be found: the text is spoken, and perhaps paid for once more.
      .catch(() => ({ status: 'ours' }) as const)
    if (owner.status === 'ours') return undefined
    if (owner.status === 'abandoned') {
      const isAlive = await revive(services, owner.clipId).catch(() => false)
      if (!isAlive) lost = owner.clipId
      continue
    }
    if (owner.status === 'spoken') {
      const clip = owner.clip as VocalizedClip
      // It was claimed before it was known who would speak it, and its process could not keep it apart.
      if (isByStandIn(services, clip) && !allowsStandIn) {
        if (await giveUp(services, hash, clip.id)) continue
        return undefined
      }
      if (!(await isToBeHad(services, clip).catch(() => true))) {
        if (await giveUp(services, hash, clip.id)) continue
        return undefined
      }
      const isUploading =
        clip.state === 'staged' && clip.leaseOwner !== null && !isDeadProcess(clip.leaseOwner, leaseOwner)
      // One that was staged in the future was staged before the clock was set back.
      const isYoung = Math.abs(now - (clip.stagedAt ?? 0)) < config.ipfs.uploadDeadlineMs
      if (!isUploading || !isYoung) return clip
    }
    await clock.sleep(POLL_MS, tasks.signal)
  }
}

/**
 * A request that must not be answered with every clip of the same sound: with none that was re-encoded, with none for
 * which nobody has asked for timestamps, or with none that was not to be signed. `by_stand_in` is one that another vendor than the wanted one may answer.
 */
export type Variant = 'as_spoken' | 'timestamps' | 'signed' | 'by_stand_in'

/** The hash of a request; `undefined` where no clip is to be found again. */
export async function hashOf(
  services: Services,
  request: SpeechRequest,
  { reuseScope }: { reuseScope?: string | undefined },
  variants: readonly Variant[] = [],
) {
  const { config, keyedHash, speech, log } = services
  if (!config.reuse.isOn) return undefined
  try {
    const resolved = { ...request, ...resolveSpeech(speech, request) }
    const fingerprint = requestFingerprint(resolved, speech.vendor.name)
    const scope = reuseScope === undefined ? [] : ['scope', reuseScope]
    return await keyedHash.hash([...fingerprint, ...scope, ...variants])
  } catch (error) {
    log.warn({ err: error }, 'The key of the request hashes cannot be read; clips are not reused')
    return undefined
  }
}
