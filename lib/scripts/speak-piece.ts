import type { LeasedScript } from '#lib/catalog/scripts.ts'
import { LeaseLostError } from '#lib/clips/attempt-log.ts'
import { makerOf } from '#lib/clips/maker.ts'
import { vocalizeOnce } from '#lib/clips/vocalize-once.ts'
import type { Services } from '#lib/context.ts'
import { type Clip, newClipId } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import type { ScriptPiece } from '#lib/model/script.ts'
import { findMade } from './find-made.ts'
import { asPieceError } from './script-failure.ts'
import type { ScriptRequest, Turn } from './script-request.ts'
import { withContext } from './with-context.ts'

interface Work {
  script: LeasedScript
  request: ScriptRequest
  piece: ScriptPiece
  /** Nothing is begun any more once it has aborted. */
  stop: AbortSignal
}

/**
 * Has one piece spoken as a clip of its own, unless that was done before: its clip is named in the catalog before it is
 * spoken, so that it is found again after a crash.
 *
 * @throws PieceError, LeaseLostError, CatalogError
 */
export async function speakPiece(services: Services, { script, request, piece, stop }: Work): Promise<void> {
  const { number } = piece
  const turn = withContext(services.speech, request.turns[piece.turn] as Turn, piece)
  const clip = await findMade(services, piece.clipId)
    .then((made) => made ?? speak(services, script, number, { ...turn, reuse: request.reuse }, stop))
    .catch((error: unknown) => {
      if (stop.aborted) throw error
      return isSilence(turn.text, error) ? null : asPieceError(services, script, number, error)
    })
  if (!clip) return services.catalog.scripts.finishPiece(script.id, { ...silence, number })
  const { id: clipId, durationMs, isReused = false } = clip as Clip & { isReused?: boolean }
  await services.catalog.scripts.finishPiece(script.id, {
    number,
    clipId,
    durationMs: durationMs ?? 0,
    isReused,
  })
}

/** A piece without a clip, for which nothing is paid. */
const silence = { clipId: null, durationMs: 0, isReused: true }

/** Whether the voice has refused a text such as "…" since there is nothing to say in it: the others are spoken all the same. */
const isSilence = (text: string, error: unknown) =>
  ServiceError.isInstance(error) && error.code === 'invalid_request' && !/[\p{L}\p{N}]/u.test(text)

/** Waits for a slot as long as it takes: whoever asks for a single clip goes first. */
async function speak(
  services: Services,
  { id, requestId, caller, reuseScope }: LeasedScript,
  number: number,
  request: Turn & { reuse?: boolean | undefined },
  stop: AbortSignal,
): Promise<Clip> {
  const { catalog, leaseOwner: owner } = services
  const clipId = newClipId()
  return vocalizeOnce(services, request, {
    id: clipId,
    requestId,
    madeBy: await makerOf(services, caller),
    reuseScope: reuseScope ?? undefined,
    priority: 'background',
    caller,
    // The wait may have been long: the script may have ended since, or the service be about to.
    async beforeSpeaking() {
      stop.throwIfAborted()
      if (!(await catalog.scripts.assignPiece(id, { number, clipId, owner }))) {
        throw new LeaseLostError('The script has ended, or another process works on it')
      }
    },
    // They are joined as the vendor has made them: what was re-encoded may have another format than the next one.
    isAsSpoken: true,
  })
}
