import { sql } from 'kysely'
import { type Connector, createDatabase } from '#lib/catalog/connection.ts'
import type { Dialect } from '#lib/catalog/migrations/dialect.ts'

/**
 * What a service has that was used for a while: `mixed` has one clip in ten waiting, of these a fifth leased and two fifths
 * not due, all others stored and one in twenty of them held. `outage`: every clip waits, the same parts of them leased
 * and not due.
 */
export type Scene = 'mixed' | 'outage'

const HOUR_MS = 3_600_000

/** Fills an empty catalog with `count` clips as of `now`, and whatever else has its own schedule. */
export async function fill(
  connector: Connector,
  { dialect, scene, count, now }: { dialect: Dialect; scene: Scene; count: number; now: number },
): Promise<void> {
  const database = createDatabase(connector)
  await database.transaction(async (db) => {
    await clips(dialect, scene, count, now).execute(db)
    await sql`
      insert into replications (clip_id, failed_rounds, next_attempt_at)
      select id, 0, created_at from clips where characters % 10 = 7`.execute(db)
    await sql`
      insert into webhooks (id, type, clip_id, created_at, attempts, next_attempt_at)
      select id, 'clip.stored', id, created_at, 0, created_at from clips where characters % 10 = 3`.execute(
      db,
    )
    await sql`
      insert into pins (clip_id, provider, cid, pinned_at, checked_at, proven_at)
      select id, provider, cid, stored_at, stored_at + 1000, stored_at + 1000 from clips where state = 'stored'
    `.execute(db)
  })
  if (dialect === 'postgres') await database.run((db) => sql`vacuum analyze`.execute(db))
  else await database.run((db) => sql`analyze`.execute(db))
  await database.close()
}

/** Clip `i` of many: spread over the kinds by the remainders of `i`, so that each kind is everywhere in the table. */
function clips(dialect: Dialect, scene: Scene, count: number, now: number) {
  const waitingPart = scene === 'mixed' ? 10 : 100
  const id = dialect === 'postgres' ? sql`md5(i::text)` : sql`lower(hex(randomblob(16)))`
  const numbers =
    dialect === 'postgres'
      ? sql`select i from generate_series(0, ${sql.lit(count - 1)}) as numbers(i)`
      : sql`with recursive numbers(i) as (
          select 0 union all select i + 1 from numbers where i < ${sql.lit(count - 1)}
        ) select i from numbers`
  const isWaiting = sql`i % 100 < ${sql.lit(waitingPart)}`
  const isLeased = sql`${isWaiting} and (i / 100) % 5 = 0`
  const isLater = sql`(i / 100) % 5 > 2`
  const at = sql.lit(now)
  const second = sql`i % 3600 * 1000`
  return sql`
    insert into clips (
      id, state, request_id, characters, voice_id, output_format, created_at, expires_at, cid, mime_type,
      file_extension, size_bytes, duration_ms, staged_at, is_held, provider, ipfs_hash, permanent_url, stored_at,
      attempts, failed_rounds, last_round_at, next_attempt_at, last_error, lease_owner, lease_expires_at
    )
    select ${id}, case when ${isWaiting} then 'pending' else 'stored' end, 'request', i % 1000, 'slt',
      'mp3_44100_128', ${at} - ${second} - 10000, ${at} + ${sql.lit(HOUR_MS)} - ${second} / 2, ${id}, 'audio/mpeg', 'mp3',
      40000 + i % 20000, 3000, ${at} - ${second} - 9000, case when ${isWaiting} or i % 2000 = 99 then 1 else 0 end,
      case when ${isWaiting} then null else 'pinata' end, case when ${isWaiting} then null else ${id} end,
      case when ${isWaiting} then null else 'https://gateway.example/ipfs/' || ${id} end,
      case when ${isWaiting} then null else ${at} - ${second} - 8000 end, 1, 0,
      case when ${isWaiting} then ${at} - ${second} - 5000 end,
      case when ${isWaiting} then ${at} + case when ${isLater} then ${second} + 60000 else - ${second} end end,
      case when ${isWaiting} then 'pinata: 503' end, case when ${isLeased} then 'another' end,
      case when ${isLeased} then ${at} + 120000 end
    from (${numbers}) as numbers`
}
