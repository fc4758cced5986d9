import { type Kysely, type SqlBool, sql } from 'kysely'
import { captionsIdOf } from '#lib/model/clip.ts'
import { findClip } from './clip-transitions.ts'
import type { DeletedBy } from './deletion-rows.ts'
import { eraseRecords } from './deletion-transitions.ts'
import type { Schema } from './schema.ts'

/**
 * What became of a request: `deleted` from now on, or before; `unknown`: there is no such clip; `speaking`: it is being
 * spoken now; `in_script`: a script that goes on needs it.
 */
export type DeletionOutcome = 'deleted' | 'unknown' | 'speaking' | 'in_script'

/** Part of a transaction. `made`: the clips that are deleted from now on. */
export async function requestDeletion(
  db: Kysely<Schema>,
  clipId: string,
  facts: { by: DeletedBy; now: number },
): Promise<{ outcome: DeletionOutcome; made: string[] }> {
  const clip = await findClip(db, clipId)
  if (!clip || clip.captionsOf) return { outcome: 'unknown', made: [] }
  if (clip.state === 'speaking') return { outcome: 'speaking', made: [] }
  if (clip.state === 'deleted') {
    await tryAgain(db, [clipId, captionsIdOf(clipId)], facts.now)
    return { outcome: 'deleted', made: [] }
  }
  if (await isNeeded(db, clipId)) return { outcome: 'in_script', made: [] }
  const made = await eraseRecords(db, [clipId, ...(await ownPieces(db, clipId))], facts)
  return { outcome: 'deleted', made }
}

/** What was kept may be ended another time, and what waits is tried at once. */
async function tryAgain(db: Kysely<Schema>, clipIds: string[], now: number) {
  const kept = db.updateTable('deletionTargets').set({ outcome: 'pinned', error: null })
  await kept.where('clipId', 'in', clipIds).where('outcome', '=', 'kept').execute()
  const open = sql<SqlBool>`(done_at is null or exists (
    select 1 from deletion_targets where deletion_targets.clip_id = deletions.clip_id and outcome = 'pinned'
  ))`
  const row = db.updateTable('deletions').set({ doneAt: null, nextAttemptAt: now })
  await row.where('clipId', 'in', clipIds).where(open).execute()
}

/** Whether a script that goes on needs the clip. */
async function isNeeded(db: Kysely<Schema>, clipId: string): Promise<boolean> {
  const piece = await db
    .selectFrom('scriptPieces')
    .innerJoin('scripts', 'scripts.id', 'scriptPieces.scriptId')
    .select('scripts.id')
    .where('scriptPieces.clipId', '=', clipId)
    .where('scripts.state', '=', 'speaking')
    .executeTakeFirst()
  const whole = db.selectFrom('scripts').select('id').where('clipId', '=', clipId)
  return piece !== undefined || (await whole.where('state', '=', 'speaking').executeTakeFirst()) !== undefined
}

/** The clips that were spoken for the script of this joined clip and for nothing else that is known. */
async function ownPieces(db: Kysely<Schema>, clipId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('scripts')
    .innerJoin('scriptPieces', 'scriptPieces.scriptId', 'scripts.id')
    .select('scriptPieces.clipId')
    .distinct()
    .where('scripts.clipId', '=', clipId)
    .where('scriptPieces.isReused', '=', 0)
    .where('scriptPieces.clipId', 'is not', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('scriptPieces as used')
            .select('used.number')
            .whereRef('used.clipId', '=', 'scriptPieces.clipId')
            .whereRef('used.scriptId', '<>', 'scriptPieces.scriptId'),
        ),
      ),
    )
    .execute()
  return rows.map((row) => row.clipId as string)
}
