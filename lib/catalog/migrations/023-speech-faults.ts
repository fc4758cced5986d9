import { type Kysely, sql } from 'kysely'

/** The dashboard shows the latest failures of vendors, which are few among all attempts. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index speech_attempts_faults on speech_attempts (started_at)
    where outcome not in ('spoken', 'refused', 'cancelled')`.execute(db)
}
