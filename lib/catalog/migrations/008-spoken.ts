import type { Kysely } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('clips').addColumn('spoken_at', 'bigint').execute()
}
