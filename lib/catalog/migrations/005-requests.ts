import type { Kysely } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('requests')
    .addColumn('hash', 'text', (column) => column.primaryKey())
    .addColumn('clip_id', 'text', (column) => column.notNull())
    .addColumn('claimed_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('idempotency_keys')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('answer', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('lease_expires_at', 'bigint')
    .execute()
  await db.schema
    .createIndex('idempotency_keys_by_time')
    .on('idempotency_keys')
    .columns(['created_at'])
    .execute()
}
