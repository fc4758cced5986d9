import type { Kysely } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('clips').addColumn('original_mime_type', 'text').execute()
  await db.schema.alterTable('clips').addColumn('original_size_bytes', 'bigint').execute()
  await db.schema.alterTable('clips').addColumn('original_duration_ms', 'integer').execute()
}
