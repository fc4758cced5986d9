import type { ScriptEnd } from '#lib/catalog/scripts.ts'
import { refundCharacters } from '#lib/clips/character-budget.ts'
import type { Services } from '#lib/context.ts'
import type { Script, ScriptPiece } from '#lib/model/script.ts'

/**
 * Ends a script: its text is deleted, and its caller gets back the characters that were not paid for. Returns `false` where
 * it has ended already, or is somebody else's.
 *
 * @throws CatalogError
 */
export async function endScript(services: Services, script: Script, end: ScriptEnd): Promise<boolean> {
  const { catalog } = services
  const pieces = await catalog.scripts.piecesOf(script.id)
  if (!(await catalog.scripts.end(script.id, end))) return false
  const characters = pieces
    .filter((piece) => isUnpaidFor(piece, end))
    .reduce((sum, piece) => sum + piece.characters, 0)
  await refundCharacters(services, { caller: script.caller, spentAt: script.createdAt, characters })
  return true
}

/** When a script is cancelled, a piece that was begun may be paid for all the same. */
function isUnpaidFor(
  { isReused, isSpoken, clipId, lostAttempts }: ScriptPiece,
  { state }: ScriptEnd,
): boolean {
  if (isSpoken) return isReused
  return state === 'cancelled' ? clipId === null : lostAttempts === 0
}
