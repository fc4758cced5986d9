import { sql } from 'kysely'
import type { Database } from './connection.ts'

/** What is watched. */
export type Watchable = 'clips' | 'scripts'

/** Tells cheaply what has changed, whoever has changed it. */
export interface Changes {
  /** Another text after each commit, of this process or of another one. */
  mark(): Promise<string>
  /**
   * For each of `ids` that has a record, a text that is another one after each change that somebody who watches it could
   * see. At most some hundred ids.
   */
  versions(of: Watchable, ids: readonly string[]): Promise<Map<string, string>>
}

export function createChanges({ read, changeMark }: Database): Changes {
  return {
    mark: changeMark,
    versions: (of, ids) =>
      read(async (db) => {
        const list = sql.join(ids)
        const { rows } = await (of === 'clips' ? clipVersions(list) : scriptVersions(list)).execute(db)
        return new Map(rows.map(({ id, ...facts }) => [id, JSON.stringify(facts)]))
      }),
  }
}

type Ids = ReturnType<typeof sql.join>
type Versions = ReturnType<typeof sql<{ id: string }>>

/** An attempt changes when it ends, and not afterwards. */
const clipVersions = (ids: Ids): Versions => sql`
  select id, state, cid, provider, ipfs_hash, permanent_url, is_held, size_bytes, duration_ms, expires_at, attempts,
    last_round_at, next_attempt_at, lease_expires_at, last_error, captions_cid, unproven_since,
    (select count(*) from attempts where clip_id = clips.id) as begun,
    (select count(*) from attempts where clip_id = clips.id and outcome <> 'running') as ended
  from clips where id in (${ids})`

const scriptVersions = (ids: Ids): Versions => sql`
  select id, state, clip_id, failed_rounds, next_attempt_at, last_error, error_code, ended_at, piece_count,
    (select count(*) from script_pieces where script_id = scripts.id) as pieces,
    (select coalesce(sum(is_spoken), 0) from script_pieces where script_id = scripts.id) as spoken
  from scripts where id in (${ids})`
