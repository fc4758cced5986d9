import { ReadableStream } from 'node:stream/web'
import { type AudioPiece, joinAudio } from '#lib/audio/join/index.ts'
import { LIVE_LEASE_MS } from '#lib/catalog/leases.ts'
import type { LeasedScript } from '#lib/catalog/scripts.ts'
import { LeaseLostError } from '#lib/clips/attempt-log.ts'
import { growReservation } from '#lib/clips/byte-budget.ts'
import { contentOf } from '#lib/clips/clip-content.ts'
import { withoutCaptions } from '#lib/clips/keep-captions.ts'
import { makeClip } from '#lib/clips/make-clip.ts'
import { makerOf } from '#lib/clips/maker.ts'
import { signStaged } from '#lib/clips/sign.ts'
import { stage } from '#lib/clips/stage.ts'
import type { StagedAudio } from '#lib/clips/staged-audio.ts'
import { transcodeStaged } from '#lib/clips/transcode.ts'
import type { Services } from '#lib/context.ts'
import { type Clip, newClipId, type SpeechFacts } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import type { ScriptPiece } from '#lib/model/script.ts'
import { chunksOf } from '#lib/platform/blob-chunks.ts'
import { endScript } from './end-script.ts'
import { findMade } from './find-made.ts'
import { captioned } from './script-captions.ts'
import { lostPiece } from './script-failure.ts'
import { readRequest, type Turn } from './script-request.ts'

/**
 * Joins the pieces of a script, all of which are spoken, to one clip, and uploads that like any other. The script has ended
 * once the clip is durable.
 *
 * @throws LeaseLostError, PieceError, ServiceError, CatalogError
 */
export async function joinScript(services: Services, script: LeasedScript): Promise<void> {
  const { clock, leaseOwner: owner } = services
  if (!(await findMade(services, script.clipId))) await makeJoined(services, script)
  await endScript(services, script, { state: 'joined', endedAt: clock.now(), owner })
}

async function makeJoined(services: Services, script: LeasedScript): Promise<void> {
  const { catalog, clock, config, leaseOwner } = services
  const { turns } = readRequest(script.request)
  const { voiceId, modelId, outputFormat, timestamps } = turns[0] as Turn
  const pieces = (await catalog.scripts.piecesOf(script.id)).filter(({ clipId }) => clipId !== null)
  if (pieces.length === 0) throw new ServiceError('invalid_request', 'Nothing in the text can be said')
  const clips = await clipsOf(services, script, pieces)
  const id = newClipId()
  if (!(await catalog.scripts.assignClip(script.id, { clipId: id, owner: leaseOwner }))) {
    throw new LeaseLostError('The script has ended, or another process works on it')
  }
  const speech = speechOf(clips) ?? { spokenBy: { vendor: services.speech.vendor.name, voiceId, modelId } }
  const sizeBytes = clips.reduce((sum, clip) => sum + clip.sizeBytes, 0)
  const { requestId, caller, characters, label, metadata } = script
  const now = clock.now()
  const times = {
    createdAt: now,
    expiresAt: now + config.tempAudio.ttlMs,
    leaseExpiresAt: now + LIVE_LEASE_MS,
  }
  const newClip = {
    id,
    requestId,
    madeBy: await makerOf(services, caller),
    label,
    metadata,
    characters,
    voiceId,
    modelId,
    outputFormat,
    sizeBytes,
    leaseOwner,
    ...times,
  }
  await makeClip(services, newClip, {
    async make(refusal) {
      const reserve = refusal ? () => Promise.reject(refusal) : growReservation(services, id, sizeBytes)
      const joining = joinAudio(openAll(services, script, { pieces, clips }), outputFormat)
      const spoken = timestamps
        ? captioned(services, joining, { id: script.id, turns, pieces })
        : { audio: ReadableStream.from(joining) }
      try {
        const staged = await stage(services, id, { ...spoken, outputFormat, ...speech }, { reserve })
        if (timestamps && !staged.captions) staged.speech = withoutCaptions(staged.speech)
        const transcoded = await transcodeStaged(services, id, staged, outputFormat)
        return withLostMarks(await signStaged(services, id, transcoded), clips)
      } catch (error) {
        await catalog.clips.discard(id).catch(() => {})
        throw error
      }
    },
  })
}

/** The clips of the pieces, in their order. */
async function clipsOf(services: Services, script: LeasedScript, pieces: ScriptPiece[]): Promise<Clip[]> {
  const clips: Clip[] = []
  for (const { clipId, number } of pieces) {
    const clip = clipId === null ? null : await services.catalog.clips.find(clipId)
    // It was deleted before it was known that the script needs it.
    if (clip?.state === 'deleted') await lostPiece(services, script, { number, clipId: clip.id })
    if (!clip?.cid || clip.state === 'expired') {
      const message = `The clip of piece ${number + 1} is gone; send the script again, and only that is spoken anew`
      throw new ServiceError('expired', message)
    }
    clips.push(clip)
  }
  return clips
}

/** Who spoke the first of them, and all that is to be known of how; `undefined` for clips from before that was recorded. */
function speechOf(clips: Clip[]): SpeechFacts | undefined {
  const all = clips.flatMap(({ speech }) => speech ?? [])
  const [first] = all
  if (!first) return undefined
  const omittedCharacters = [...new Set(all.flatMap((facts) => facts.omittedCharacters ?? []))]
  const warnings = [...new Set(all.flatMap((facts) => facts.warnings ?? []))]
  return {
    spokenBy: first.spokenBy,
    ...(omittedCharacters.length > 0 && { omittedCharacters }),
    ...(warnings.length > 0 && { warnings }),
  }
}

/**
 * Their bytes, from here or from wherever IPFS has them; each is verified.
 *
 * @throws PieceError where those of a piece are nowhere any more: it is to be spoken again then
 */
async function* openAll(
  services: Services,
  script: LeasedScript,
  { pieces, clips }: { pieces: ScriptPiece[]; clips: Clip[] },
): AsyncGenerator<AudioPiece> {
  for (const [index, clip] of clips.entries()) {
    const { file } = await contentOf(services, clip).catch(async (error: unknown) => {
      if (!(await isNowhere(services, clip))) throw error
      return lostPiece(services, script, { number: pieces[index]?.number ?? index, clipId: clip.id })
    })
    yield { open: () => chunksOf(file), sizeBytes: file.size, durationMs: clip.durationMs ?? 0 }
  }
}

/** Whether the bytes of a clip that cannot be read will not come back: no provider has it, and the store answers. */
async function isNowhere({ store }: Services, { id, provider }: Clip): Promise<boolean> {
  if (provider !== null) return false
  return store.blob(id).then(
    () => true,
    () => false,
  )
}

const LOST_MARKS =
  'The voice had put content credentials into the pieces; the joined clip carries none, since they are valid for a whole file only'

/** Says what joining has cost, where the pieces were signed and what came of them is not. */
function withLostMarks(staged: StagedAudio, pieces: Clip[]): StagedAudio {
  const { speech } = staged
  const isLost = !speech.contentCredentials && pieces.some((piece) => piece.speech?.contentCredentials)
  return isLost
    ? { ...staged, speech: { ...speech, warnings: [...(speech.warnings ?? []), LOST_MARKS] } }
    : staged
}
