import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('pins')
    .addColumn('clip_id', 'text', (column) => column.notNull())
    .addColumn('provider', 'text', (column) => column.notNull())
    .addColumn('cid', 'text', (column) => column.notNull())
    .addColumn('pinned_at', 'bigint', (column) => column.notNull())
    .addColumn('checked_at', 'bigint')
    .addColumn('proven_at', 'bigint')
    .addColumn('lost_at', 'bigint')
    .addPrimaryKeyConstraint('pins_key', ['clip_id', 'provider'])
    .execute()
  await db.schema.createIndex('pins_by_cid').on('pins').columns(['cid']).execute()
  await db.schema.createIndex('pins_by_check').on('pins').columns(['checked_at', 'pinned_at']).execute()
  await db.schema
    .createIndex('pins_unproven')
    .on('pins')
    .columns(['pinned_at'])
    .where(sql.ref('proven_at'), 'is', null)
    .execute()
  await sql`
    insert into pins (clip_id, provider, cid, pinned_at)
    select id, provider, ipfs_hash, stored_at from clips where state = 'stored' and provider is not null
  `.execute(db)
  await db.schema.createIndex('clips_by_cid').on('clips').columns(['cid']).execute()

  // One row for each clip that wants more replicas than it has, with its own schedule.
  await db.schema
    .createTable('replications')
    .addColumn('clip_id', 'text', (column) => column.primaryKey())
    .addColumn('failed_rounds', 'integer', (column) => column.notNull())
    .addColumn('next_attempt_at', 'bigint', (column) => column.notNull())
    .addColumn('last_error', 'text')
    .addColumn('lease_owner', 'text')
    .addColumn('lease_expires_at', 'bigint')
    .execute()
  await db.schema.createIndex('replications_due').on('replications').columns(['next_attempt_at']).execute()
}
