import { type Kysely, sql } from 'kysely'
import type { Dialect } from './dialect.ts'

export async function up(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await db.schema
    .createTable('clips')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('request_id', 'text', (column) => column.notNull())
    .addColumn('characters', 'integer', (column) => column.notNull())
    .addColumn('voice_id', 'text', (column) => column.notNull())
    .addColumn('model_id', 'text')
    .addColumn('output_format', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('cid', 'text')
    .addColumn('mime_type', 'text')
    .addColumn('file_extension', 'text')
    .addColumn('size_bytes', 'bigint', (column) => column.notNull())
    .addColumn('duration_ms', 'integer')
    .addColumn('staged_at', 'bigint')
    .addColumn('is_held', 'integer', (column) => column.notNull())
    .addColumn('provider', 'text')
    .addColumn('ipfs_hash', 'text')
    .addColumn('permanent_url', 'text')
    .addColumn('stored_at', 'bigint')
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('failed_rounds', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('last_round_at', 'bigint')
    .addColumn('next_attempt_at', 'bigint')
    .addColumn('last_error', 'text')
    .addColumn('lease_owner', 'text')
    .addColumn('lease_expires_at', 'bigint')
    .execute()
  await db.schema
    .createIndex('clips_due')
    .on('clips')
    .columns(['next_attempt_at'])
    .where(sql.ref('state'), 'in', sql`('staged', 'pending')`)
    .execute()
  await db.schema
    .createIndex('clips_held')
    .on('clips')
    .columns(['expires_at', 'size_bytes'])
    .where(sql.ref('is_held'), '=', sql.lit(1))
    .execute()
  await db.schema
    .createIndex('clips_leased')
    .on('clips')
    .columns(['lease_owner'])
    .where(sql.ref('lease_owner'), 'is not', null)
    .execute()

  await db.schema
    .createTable('attempts')
    .addColumn('id', dialect === 'postgres' ? 'bigint' : 'integer', (column) =>
      dialect === 'postgres'
        ? column.primaryKey().generatedByDefaultAsIdentity()
        : column.primaryKey().autoIncrement(),
    )
    .addColumn('clip_id', 'text', (column) => column.notNull())
    .addColumn('provider', 'text', (column) => column.notNull())
    .addColumn('trigger', 'text', (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('duration_ms', 'integer')
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('may_have_stored', 'integer', (column) => column.notNull())
    .addColumn('status_code', 'integer')
    .addColumn('error', 'text')
    .execute()
  await db.schema.createIndex('attempts_of_clip').on('attempts').columns(['clip_id', 'id']).execute()
  await db.schema.createIndex('attempts_by_time').on('attempts').columns(['started_at']).execute()

  await db.schema
    .createTable('counters')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('value', 'double precision', (column) => column.notNull())
    .addPrimaryKeyConstraint('counters_key', ['name', 'label'])
    .execute()
}
