import type { Migration, MigrationProvider } from 'kysely/migration'
import * as clips from './001-clips.ts'

const migrations: Record<string, Migration> = { '001-clips': clips }

/** Imported one by one, since a bundle has no directory to look into. */
export const migrationProvider: MigrationProvider = { getMigrations: async () => migrations }
