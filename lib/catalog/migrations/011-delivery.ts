import { type Kysely, sql } from 'kysely'

/** Clips are read back soon after they were stored, and their bytes stay here until that has succeeded. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table pins add column read_back_at bigint`.execute(db)
  await sql`alter table pins add column unconfirmed_since bigint`.execute(db)
  await sql`alter table clips add column unproven_since bigint`.execute(db)
  // Of the clips from before only those are read back soon whose bytes are here; the audit comes to all others.
  await sql`
    update pins set read_back_at = pinned_at where proven_at is null and lost_at is null
      and clip_id in (select id from clips where is_held = 1 and state = 'stored')`.execute(db)
  await sql`
    update clips set unproven_since = stored_at where state = 'stored' and not exists (
      select 1 from pins where pins.clip_id = clips.id and pins.proven_at is not null and pins.lost_at is null
    )`.execute(db)
  await sql`create index pins_to_read_back on pins (read_back_at) where read_back_at is not null`.execute(db)
  await sql`drop index pins_unproven`.execute(db)
  await sql`drop index clips_settled`.execute(db)
  // Word for word `isEvictable`, `isUnproven` and `isLost`.
  await sql`
    create index clips_settled on clips (expires_at)
    where is_held = 1 and state in ('stored', 'expired') and unproven_since is null`.execute(db)
  await sql`
    create index clips_unproven on clips (is_held, expires_at)
    where state = 'stored' and unproven_since is not null`.execute(db)
  await sql`
    create index clips_lost on clips (stored_at)
    where state = 'stored' and provider is null and is_held = 0`.execute(db)
}
