import { type Kysely, sql } from 'kysely'

/** Whose clip it is, what its maker calls it, and clips that are deleted wherever they are. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const column of ['made_by', 'label', 'metadata'])
    await db.schema.alterTable('clips').addColumn(column, 'text').execute()
  await db.schema.alterTable('clips').addColumn('deleted_at', 'bigint').execute()
  for (const column of ['label', 'metadata'])
    await db.schema.alterTable('scripts').addColumn(column, 'text').execute()
  await sql`create index clips_by_maker on clips (made_by, created_at, id) where made_by is not null`.execute(
    db,
  )
  await sql`create index clips_by_label on clips (made_by, label, created_at, id) where label is not null`.execute(
    db,
  )
  await sql`create index clips_by_age on clips (created_at, id)`.execute(db)
  // By these a deletion finds what names its clip.
  for (const table of ['requests', 'idempotency_keys', 'script_pieces', 'webhooks'])
    await db.schema.createIndex(`${table}_by_clip`).on(table).columns(['clip_id']).execute()
  await db.schema
    .createTable('deletions')
    .addColumn('clip_id', 'text', (column) => column.primaryKey())
    .addColumn('requested_at', 'bigint', (column) => column.notNull())
    .addColumn('requested_by', 'text', (column) => column.notNull())
    .addColumn('done_at', 'bigint')
    .addColumn('failed_rounds', 'integer', (column) => column.notNull())
    .addColumn('next_attempt_at', 'bigint', (column) => column.notNull())
    .addColumn('last_error', 'text')
    .addColumn('lease_owner', 'text')
    .addColumn('lease_expires_at', 'bigint')
    .execute()
  await sql`create index deletions_due on deletions (next_attempt_at) where done_at is null`.execute(db)
  await db.schema
    .createTable('deletion_targets')
    .addColumn('clip_id', 'text', (column) => column.notNull())
    .addColumn('provider', 'text', (column) => column.notNull())
    .addColumn('cid', 'text', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('error', 'text')
    .addPrimaryKeyConstraint('deletion_targets_key', ['clip_id', 'provider', 'cid'])
    .execute()
  await db.schema.createIndex('deletion_targets_by_cid').on('deletion_targets').columns(['cid']).execute()
}
