import { type SqlBool, sql } from 'kysely'
import type { Database } from './connection.ts'

/** One process at a time prunes. */
const PRUNING = { exclusive: 'prune' }
const SCRIPTS_AT_ONCE = 100

/**
 * A clip whose record nothing here needs any more: it has come to its end, its bytes are not here, nobody works on it, and it
 * waits for nothing. The record of a clip that this machine holds is the only one that says so.
 */
const isPrunable = sql<SqlBool>`clips.state in ('stored', 'expired', 'deleted')
  and clips.is_held = 0 and clips.lease_owner is null
  and not exists (select 1 from replications where replications.clip_id = clips.id)
  and not exists (select 1 from pins
    where pins.clip_id = clips.id and pins.provider = 'embedded' and pins.lost_at is null)
  and not exists (select 1 from deletions where deletions.clip_id = clips.id and deletions.done_at is null)
  and not exists (select 1 from deletion_targets
    where deletion_targets.clip_id = clips.id and deletion_targets.outcome = 'shared')
  and not exists (select 1 from webhooks where webhooks.clip_id = clips.id)
  and not exists (select 1 from script_pieces join scripts on scripts.id = script_pieces.script_id
    where script_pieces.clip_id = clips.id and scripts.state = 'speaking')`

/** Deletes those of the clips `ids` that nothing needs any more, with all that is recorded of them. Returns how many. */
export async function pruneClips({ transaction }: Database, ids: string[]): Promise<number> {
  if (ids.length === 0) return 0
  return transaction(async (db) => {
    const found = db.selectFrom('clips').select('id').where('id', 'in', ids).where(isPrunable)
    const prunable = (await found.execute()).map(({ id }) => id)
    if (prunable.length === 0) return 0
    const tables = ['captions', 'pins', 'attempts', 'requests', 'deletions', 'deletionTargets'] as const
    for (const table of tables) await db.deleteFrom(table).where('clipId', 'in', prunable).execute()
    await db.deleteFrom('clips').where('id', 'in', prunable).execute()
    return prunable.length
  }, PRUNING)
}

/** Deletes the scripts that ended before `before`, with their pieces. Returns how many. */
export async function pruneScripts({ transaction }: Database, before: number): Promise<number> {
  for (let pruned = 0; ; ) {
    const count = await transaction(async (db) => {
      const ended = db.selectFrom('scripts').select('id').where('state', '<>', 'speaking')
      const rows = await ended.where('endedAt', '<', before).limit(SCRIPTS_AT_ONCE).execute()
      const ids = rows.map(({ id }) => id)
      if (ids.length === 0) return 0
      await db.deleteFrom('scriptPieces').where('scriptId', 'in', ids).execute()
      await db.deleteFrom('scripts').where('id', 'in', ids).execute()
      return ids.length
    }, PRUNING)
    pruned += count
    if (count < SCRIPTS_AT_ONCE) return pruned
  }
}
