import type { Kysely } from 'kysely'

/** Which vendor was asked for a text, and how that ended: also of texts that nobody has spoken, which have no clip. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('speech_attempts')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('vendor', 'text', (column) => column.notNull())
    .addColumn('clip_id', 'text')
    .addColumn('characters', 'integer', (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('first_byte_ms', 'bigint')
    .addColumn('duration_ms', 'bigint', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('error', 'text')
    .execute()
  await db.schema
    .createIndex('speech_attempts_started')
    .on('speech_attempts')
    .columns(['started_at', 'vendor', 'outcome'])
    .execute()
}
