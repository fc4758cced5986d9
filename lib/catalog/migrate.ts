import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { type Dialect, migrationsFor } from './migrations/index.ts'
import type { Schema } from './schema.ts'

/** Brings the tables up to date. `db` is a transaction where the dialect cannot tell processes apart by itself. */
export async function migrate(db: Kysely<Schema>, dialect: Dialect): Promise<void> {
  const { error } = await new Migrator({
    db,
    provider: migrationsFor(dialect),
    allowUnorderedMigrations: true,
  }).migrateToLatest()
  if (error) throw error
}
