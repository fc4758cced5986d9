import type { Kysely } from 'kysely'

/** Who spoke a clip, and what its caller should know of how, as JSON. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('clips').addColumn('speech', 'text').execute()
}
