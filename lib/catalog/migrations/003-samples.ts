import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('samples')
    .addColumn('taken_at', 'bigint', (column) => column.primaryKey())
    .addColumn('held_clips', 'integer', (column) => column.notNull())
    .addColumn('held_bytes', 'bigint', (column) => column.notNull())
    .addColumn('waiting_clips', 'integer', (column) => column.notNull())
    .execute()
  await db.schema
    .createIndex('clips_by_staging')
    .on('clips')
    .columns(['staged_at', 'state'])
    .where(sql.ref('staged_at'), 'is not', null)
    .execute()
  await db.schema
    .createIndex('clips_by_storing')
    .on('clips')
    .columns(['stored_at', 'provider', 'staged_at'])
    .where(sql.ref('stored_at'), 'is not', null)
    .execute()
  await db.schema
    .createIndex('clips_expired')
    .on('clips')
    .columns(['expires_at'])
    .where(sql.ref('state'), '=', sql.lit('expired'))
    .execute()
  // Wide enough that counting tries reads no row of the table itself.
  await db.schema
    .createIndex('attempts_counted')
    .on('attempts')
    .columns(['started_at', 'provider', 'outcome', 'trigger'])
    .execute()
}
