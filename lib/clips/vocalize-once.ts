import type { Services } from '#lib/context.ts'
import type { ClipNotes, VocalizedClip } from '#lib/model/clip.ts'
import { newClipId } from '#lib/model/clip.ts'
import { asPublished } from '#lib/model/permanent-url.ts'
import { markedError } from '#lib/platform/errors.ts'
import type { SpeechRequest } from '#lib/speech/speech.ts'
import { withoutCaptions } from './keep-captions.ts'
import { areBytesDamaged } from './local-bytes.ts'
import { isLeftUnsigned } from './sign.ts'
import {
  claimNow,
  findSpoken,
  giveUp,
  hashOf,
  isByStandIn,
  isDown,
  keepApart,
  rememberWhileSaving,
  type Variant,
} from './spoken-before.ts'
import { type VocalizeContext, vocalize } from './vocalize.ts'

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
  if (context.priority === 'background') return speakInItsTurn(services, request, context, hash)
  return announce(services, hash, findOrSpeak(services, request, context, hash))
}

/** Has all who ask for the same in this process meanwhile wait for `speaking`. */
function announce(services: Services, hash: string, speaking: Promise<VocalizedClip>) {
  const { vocalizations } = services.inFlight
  const own = speaking.finally(() => vocalizations.delete(hash))
  vocalizations.set(hash, own)
  return own
}

/** Somebody else has begun to speak the text while this call waited for its turn. */
class OvertakenError extends markedError('OvertakenError') {}

/**
 * `findOrSpeak` for work that may wait long for its slot: it claims the text only once it has one, so that nobody who asks
 * for the same meanwhile waits with it.
 */
async function speakInItsTurn(
  services: Services,
  request: ReusableRequest,
  context: OnceContext,
  hash: string,
  variants: readonly Variant[] = [],
): Promise<VocalizedClip> {
  const id = context.id ?? newClipId()
  const existing = await findSpoken(services, hash, id, { onlyLooks: true })
  if (existing) return answerWith(services, existing, request, context, variants)
  const announced = Promise.withResolvers<VocalizedClip>()
  announced.promise.catch(() => {})
  let isOurs = false
  async function beforeSpeaking() {
    if (!isOurs) {
      const isBegun = services.inFlight.vocalizations.has(hash)
      if (isBegun || !(await claimNow(services, hash, id))) throw new OvertakenError('It is spoken already')
      isOurs = true
      announce(services, hash, announced.promise).catch(() => {})
    }
    await context.beforeSpeaking?.()
  }
  try {
    const clip = await vocalize(services, request, { ...context, id, beforeSpeaking })
    announced.resolve(clip)
    return clip
  } catch (error) {
    if (OvertakenError.isInstance(error)) return vocalizeOnce(services, request, context)
    if (isOurs) await afterFailure(services, hash, id)
    announced.reject(error)
    throw error
  }
}

async function afterFailure(services: Services, hash: string, id: string) {
  const saving = services.inFlight.rescues.get(id)
  if (saving) rememberWhileSaving(services, saving, hash, id)
  else await giveUp(services, hash, id)
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
  const standInHash = isDown(services) ? await hashByStandIn() : undefined
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
    await afterFailure(services, hash, id)
    if (standInHash) await giveUp(services, standInHash, id)
    throw error
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
  const { catalog, store } = services
  const variant = variantFor(services, clip, request, context)
  if (variant && !variants.includes(variant)) {
    const narrower = [...variants, variant]
    const hash = await hashOf(services, request, context, narrower)
    if (!hash) return vocalize(services, request, context)
    const speakOnce = context.priority === 'background' ? speakInItsTurn : findOrSpeak
    return speakOnce(services, request, context, hash, narrower)
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
  catalog.requests.countSaved(clip.characters)
  const speech = request.timestamps && clip.captionsCid === null ? withoutCaptions(clip.speech) : clip.speech
  const notes = await notesFor(services, clip, context)
  return { ...asPublished(services.config, clip), ...notes, speech, isReused: true }
}

/** What the caller may see of the notes about a clip: those of its own, which are what it has said last. */
async function notesFor(
  { catalog }: Services,
  clip: VocalizedClip,
  { madeBy, label, metadata }: OnceContext,
): Promise<ClipNotes> {
  if (!madeBy || clip.madeBy !== madeBy) return { label: null, metadata: null }
  // They are of less worth than the clip.
  await catalog.clips.describe(clip.id, { madeBy, label, metadata }).catch(() => {})
  return { label: label ?? clip.label, metadata: metadata ?? clip.metadata }
}

/** The variant of a request that `clip` does not answer; `undefined` where it does. */
function variantFor(
  { speech, credentialSigner }: Services,
  clip: VocalizedClip,
  { timestamps }: ReusableRequest,
  { listener, isAsSpoken }: OnceContext,
): Variant | undefined {
  if (timestamps && clip.captionsCid === null && speech.vendor.hasTimestamps) return 'timestamps'
  if (listener || isAsSpoken) return clip.originalMimeType !== null ? 'as_spoken' : undefined
  return credentialSigner && isLeftUnsigned(clip) ? 'signed' : undefined
}
