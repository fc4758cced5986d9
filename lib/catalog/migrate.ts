import { type Kysely, sql } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, Migrator } from 'kysely/migration'
import type { Dialect } from './migrations/dialect.ts'
import { migrationsFor } from './migrations/index.ts'
import type { Schema } from './schema.ts'

/**
 * Whether every migration that this version knows was made. There may be others: of a newer version that runs beside
 * this one.
 */
export async function isUpToDate(db: Kysely<Schema>, dialect: Dialect): Promise<boolean> {
  const { rows } = await sql<{
    name: string
  }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)}`.execute(db)
  const made = new Set(rows.map(({ name }) => name))
  return Object.keys(await migrationsFor(dialect).getMigrations()).every((name) => made.has(name))
}

/**
 * Brings the tables up to date. `db` is a transaction where the dialect has no lock of its own against other
 * processes.
 */
export async function migrate(db: Kysely<Schema>, dialect: Dialect): Promise<void> {
  const { error } = await new Migrator({
    db,
    provider: migrationsFor(dialect),
    allowUnorderedMigrations: true,
  }).migrateToLatest()
  if (error) throw error
}
