import type { RunningRescue, Services } from '#lib/context.ts'
import type { Clip, VocalizedClip } from '#lib/model/clip.ts'
import { newClipId } from '#lib/model/clip.ts'
import { asPublished } from '#lib/model/permanent-url.ts'
import { isDeadProcess } from '#lib/platform/process-identity.ts'
import type { SpeechRequest } from '#lib/speech/speech.ts'
import { withoutCaptions } from './keep-captions.ts'
import { areBytesDamaged } from './local-bytes.ts'
import { requestFingerprint } from './request-fingerprint.ts'
import { revive } from './revive.ts'
import { resolveSpeech, type VocalizeContext, vocalize } from './vocalize.ts'

const POLL_MS = 100

export interface OnceContext extends VocalizeContext {
  /** Whose clips may answer: those that were spoken in the same scope; without one those of all who have none. */
  reuseScope?: string | undefined
}

/** A request that may be answered with an existing clip, unless `reuse` is `false`. */
export type ReusableRequest = SpeechRequest & { reuse?: boolean | undefined }

/**
 * Returns the clip that exists for the same request (text, voice, model, format, settings, language, seed); `vocalize`
 * speaks it only where there is none. Equal requests that arrive at the same time are spoken once, in all processes that
 * share a catalog.
 *
 * @throws ServiceError as `vocalize` does
 */
export async function vocalizeOnce(
  services: Services,
  request: ReusableRequest,
  context: OnceContext,
): Promise<VocalizedClip> {
  const hash = request.reuse === false ? undefined : await hashOf(services, request, context)
  if (!hash) return vocalize(services, request, context)
  const { rescues, vocalizations } = services.inFlight
  const saving = rescues.get(hash)
  if (saving) throw saving.error
  const running = vocalizations.get(hash)
  if (running) {
    const clip = await running
    // Nobody stands in for the voice of a script.
    const isOther = context.priority === 'background' && isByStandIn(services, clip)
    return isOther ? vocalize(services, request, context) : answerWith(services, clip, request, context)
  }
  const own = findOrSpeak(services, request, context, hash).finally(() => vocalizations.delete(hash))
  vocalizations.set(hash, own)
  return own
}

async function findOrSpeak(
  services: Services,
  request: ReusableRequest,
  context: OnceContext,
  hash: string,
  variants: readonly Variant[] = [],
): Promise<VocalizedClip> {
  const id = context.id ?? newClipId()
  const existing = await findSpoken(services, hash, id)
  if (existing) return answerWith(services, existing, request, context, variants)
  const hashByStandIn = () => hashOf(services, request, context, [...variants, 'by_stand_in'])
  const mayStandIn = context.priority !== 'background' && isDown(services)
  const standInHash = mayStandIn ? await hashByStandIn() : undefined
  const byStandIn = standInHash && (await findSpoken(services, standInHash, id, { allowsStandIn: true }))
  if (byStandIn) {
    await giveUp(services, hash, id)
    return answerWith(services, byStandIn, request, context, variants)
  }
  try {
    const clip = await vocalize(services, request, { ...context, id })
    if (isByStandIn(services, clip)) await keepApart(services, hash, await hashByStandIn(), id)
    else if (standInHash) await giveUp(services, standInHash, id)
    return clip
  } catch (error) {
    const saving = services.inFlight.rescues.get(id)
    if (saving) rememberWhileSaving(services, saving, hash, id)
    else await giveUp(services, hash, id)
    if (standInHash) await giveUp(services, standInHash, id)
    throw error
  }
}

const giveUp = ({ catalog }: Services, hash: string, id: string) =>
  catalog.requests.giveUp(hash, id).then(
    () => true,
    () => false,
  )

/** Whether the vendor that callers want is known to be down: the clip of a stand-in may answer as long as it is. */
const isDown = ({ speech }: Services) => speech.states()[0]?.breaker === 'open'

const isByStandIn = ({ speech }: Services, clip: Clip) =>
  clip.speech !== null && clip.speech.spokenBy.vendor !== speech.vendor.name

/** Has the clip of a stand-in found again only while the wanted vendor is down: nobody gets it later for the original. */
async function keepApart(services: Services, hash: string, standInHash: string | undefined, id: string) {
  if (standInHash) await claim(services, standInHash, id).catch(() => {})
  await giveUp(services, hash, id)
}

/** Has the same request find a clip that is being saved, and answers it with the same error until that is done. */
function rememberWhileSaving(services: Services, saving: RunningRescue, hash: string, id: string) {
  const { rescues } = services.inFlight
  rescues.set(hash, { ...saving, sizeBytes: 0 })
  void saving.ended
    // The claim from before may never have been written.
    .then(() => claim(services, hash, id))
    .catch(() => {})
    .finally(() => rescues.delete(hash))
}

function claim(services: Services, hash: string, clipId: string, lost?: string) {
  const { catalog, clock, config, leaseOwner: owner } = services
  const now = clock.now()
  const notBefore = now - config.reuse.ttlMs
  const expiresAt = now + config.tempAudio.ttlMs
  return catalog.requests.claim({ hash, clipId, lost, owner, now, notBefore, expiresAt })
}

/**
 * The clip that answers `hash`: waits for it where another call is speaking it. `undefined` where this call has claimed
 * the hash, and must speak it as clip `id`.
 */
async function findSpoken(
  services: Services,
  hash: string,
  id: string,
  { allowsStandIn = false } = {},
): Promise<VocalizedClip | undefined> {
  const { clock, config, leaseOwner, tasks } = services
  for (let lost: string | undefined; ; ) {
    const now = clock.now()
    const owner = await claim(services, hash, id, lost)
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
 * A request that must not be answered with every clip of the same sound: with none that was re-encoded, or with none for
 * which nobody has asked for timestamps. `by_stand_in` is one that another vendor than the wanted one may answer.
 */
type Variant = 'as_spoken' | 'timestamps' | 'by_stand_in'

async function hashOf(
  services: Services,
  request: SpeechRequest,
  { reuseScope }: OnceContext,
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

/**
 * Answers with a clip that exists. A listener needs its bytes here, and in the requested format: where they were deleted or
 * re-encoded, the text is spoken again; so it is where timestamps are asked for, the vendor has them, and the clip has no
 * captions.
 */
async function answerWith(
  services: Services,
  clip: VocalizedClip,
  request: ReusableRequest,
  context: OnceContext,
  variants: readonly Variant[] = [],
): Promise<VocalizedClip> {
  const { catalog, store, tasks } = services
  const variant = variantFor(services, clip, request, context)
  if (variant && !variants.includes(variant)) {
    const narrower = [...variants, variant]
    const hash = await hashOf(services, request, context, narrower)
    return hash
      ? findOrSpeak(services, request, context, hash, narrower)
      : vocalize(services, request, context)
  }
  if (context.listener) {
    const audio = (await areBytesDamaged(services, clip)) ? null : await store.blob(clip.id)
    if (!audio) return vocalize(services, request, context)
    const { id, outputFormat, mimeType, speech } = clip
    context.listener.replay({
      id,
      audio,
      outputFormat: outputFormat ?? '',
      spokenBy: speech?.spokenBy,
      mimeType,
    })
  }
  tasks.track(catalog.requests.countSaved(clip.characters)).catch(() => {})
  const speech = request.timestamps && clip.captionsCid === null ? withoutCaptions(clip.speech) : clip.speech
  return { ...asPublished(services.config, clip), speech, isReused: true }
}

/** The variant of a request that `clip` does not answer; `undefined` where it does. */
function variantFor(
  { speech }: Services,
  clip: VocalizedClip,
  { timestamps }: ReusableRequest,
  { listener, isAsSpoken }: OnceContext,
): Variant | undefined {
  if (timestamps && clip.captionsCid === null && speech.vendor.hasTimestamps) return 'timestamps'
  return (listener || isAsSpoken) && clip.originalMimeType !== null ? 'as_spoken' : undefined
}
