import { type Kysely, sql } from 'kysely'
import type { Dialect } from './dialect.ts'

/** Whose call a key or a request is, and which clip; how long the clock has been seen to run evenly. */
export async function up(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await db.schema.alterTable('idempotency_keys').addColumn('lease_owner', 'text').execute()
  await db.schema.alterTable('idempotency_keys').addColumn('clip_id', 'text').execute()
  await db.schema.alterTable('requests').addColumn('lease_owner', 'text').execute()
  // An answer was JSON for one form of answer; from now on it is the clip, which every form is made of.
  const id =
    dialect === 'postgres' ? sql`answer::json -> 'data' ->> 'id'` : sql`json_extract(answer, '$.data.id')`
  await sql`
    update idempotency_keys set clip_id = ${id}, answer = null, lease_expires_at = null
    where answer is not null`.execute(db)
  for (const table of ['replications', 'webhooks']) {
    await sql`
      create index ${sql.ref(`${table}_leased`)} on ${sql.table(table)} (lease_expires_at)
      where lease_expires_at is not null`.execute(db)
  }
  await db.schema
    .createTable('clock')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .addColumn('steady_since', 'bigint', (column) => column.notNull())
    .execute()
}
