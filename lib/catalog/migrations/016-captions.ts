import { type Kysely, sql } from 'kysely'

/** When which word of a clip is said; which clip's captions a file is, and their CID. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('clips').addColumn('captions_cid', 'text').execute()
  await db.schema.alterTable('clips').addColumn('captions_of', 'text').execute()
  await db.schema
    .createTable('captions')
    .addColumn('clip_id', 'text', (column) => column.primaryKey())
    .addColumn('cid', 'text', (column) => column.notNull())
    .addColumn('alignment', 'text', (column) => column.notNull())
    .addColumn('is_filed', 'integer', (column) => column.notNull())
    .execute()
  await sql`create index captions_unfiled on captions (clip_id) where is_filed = 0`.execute(db)
}
