import type { LeasedScript } from '#lib/catalog/scripts.ts'
import { LeaseLostError } from '#lib/clips/attempt-log.ts'
import { keepingLease } from '#lib/clips/heartbeat.ts'
import type { Services } from '#lib/context.ts'
import { joinScript } from './join-script.ts'
import { endRound, PieceError, requireYoung } from './script-failure.ts'
import { readRequest } from './script-request.ts'
import { speakPiece } from './speak-piece.ts'

/** How many pieces of a script are spoken before other scripts have their turn. */
const PIECES_PER_ROUND = 20

/**
 * Takes a leased script through one round: speaks pieces that are not spoken yet, several at once, and joins them once all
 * are. Afterwards the script has ended, or is due again at its date. What was spoken before is not spoken again, wherever a
 * round ended. `stop` begins no further piece.
 *
 * @throws CatalogError when the end of the round cannot be recorded: its lease runs out then
 */
export async function advanceScript(
  services: Services,
  script: LeasedScript,
  stop: AbortSignal,
): Promise<void> {
  const { catalog, clock, leaseOwner: owner, tasks } = services
  await keepingLease(services, { scriptId: script.id }, async () => {
    try {
      requireYoung(script, clock.now())
      if (await speakPieces(services, script, stop)) await joinScript(services, script)
      else await catalog.scripts.giveBack(script.id, { owner, now: clock.now() })
    } catch (error) {
      // It was cancelled, or is somebody else's now.
      if (LeaseLostError.isInstance(error)) return
      if (tasks.signal.aborted || stop.aborted)
        await catalog.scripts.giveBack(script.id, { owner, now: clock.now() })
      else await endRound(services, script, error)
    }
  })
}

/** Returns whether all pieces are spoken. @throws PieceError, LeaseLostError, CatalogError */
async function speakPieces(services: Services, script: LeasedScript, stop: AbortSignal): Promise<boolean> {
  const request = readRequest(script.request)
  const pieces = (await services.catalog.scripts.piecesOf(script.id)).filter(({ isSpoken }) => !isSpoken)
  const next = pieces.slice(0, PIECES_PER_ROUND).values()
  const failures: unknown[] = []
  async function speakOneAfterTheOther() {
    for (const piece of next) {
      if (failures.length > 0 || stop.aborted) return
      await speakPiece(services, { script, request, piece, stop }).catch((error: unknown) =>
        failures.push(error),
      )
    }
  }
  await Promise.all(Array.from({ length: services.config.speech.concurrency }, speakOneAfterTheOther))
  // The others may well go on; this one ends the script.
  const worst = failures.find((error) => PieceError.isInstance(error) && error.isFinal)
  if (failures.length > 0) throw worst ?? failures[0]
  return pieces.length <= PIECES_PER_ROUND && !stop.aborted
}
