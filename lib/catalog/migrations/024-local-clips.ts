import { type Kysely, sql } from 'kysely'

/** Clean-up compares all clips whose bytes are here with the files, and reads this alone for it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Word for word `isLocal`.
  await sql`create index clips_local on clips (id, state) where is_held = 1`.execute(db)
}
