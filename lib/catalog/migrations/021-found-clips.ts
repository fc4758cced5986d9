import { type Kysely, sql } from 'kysely'

/** By these an operator finds clips: by the request that made them, and by the provider that has them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index clips_by_request on clips (request_id)`.execute(db)
  await sql`
    create index clips_by_provider on clips (provider, stored_at)
    where stored_at is not null`.execute(db)
}
