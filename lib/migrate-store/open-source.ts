import { existsSync } from 'node:fs'
import path from 'node:path'
import { CatalogError, createDatabase, type Database } from '#lib/catalog/connection.ts'
import { sqliteFile } from '#lib/catalog/sqlite.ts'
import { MigrationRefusedError } from './migration-refused-error.ts'

/**
 * Opens the catalog in `directory`, and keeps everybody else from it.
 *
 * @throws MigrationRefusedError when there is none, or when it is in use
 */
export async function openSource(directory: string): Promise<Database> {
  const file = path.join(directory, 'catalog.sqlite')
  if (!existsSync(file)) {
    throw new MigrationRefusedError(
      `There is no catalog in ${directory}: name the TEMP_AUDIO_DIR of the service by --from`,
    )
  }
  const connector = sqliteFile(file, { exclusive: true })
  const source = createDatabase(connector)
  try {
    await source.read((db) => db.selectFrom('clips').select('id').limit(1).execute())
    return source
  } catch (error) {
    await source.close()
    const isInUse = CatalogError.isInstance(error) && connector.isBusy(error.cause, true)
    if (!isInUse) throw error
    const message = `The catalog in ${directory} is in use: stop the service and its workers first`
    throw new MigrationRefusedError(message, { cause: error })
  }
}
