import { type Kysely, sql } from 'kysely'

/** Sums have taken the place of what was read by these: each cost every clip two pages of the log. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`drop index attempts_counted`.execute(db)
  await sql`drop index clips_by_staging`.execute(db)
  // SQLite makes a table of its own, in memory, for each row that is compared with a list.
  await sql`drop index speech_attempts_faults`.execute(db)
  await sql`
    create index speech_attempts_faults on speech_attempts (started_at)
    where outcome <> 'spoken' and outcome <> 'refused' and outcome <> 'cancelled'`.execute(db)
}
