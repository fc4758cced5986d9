import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Services } from '#lib/context.ts'
import { CATALOG_FILE, LAST_BACKUP_FILE } from './places.ts'

/**
 * Warns of a folder that sounds temporary, holds permanent addresses, and was never backed up. To be called at the start.
 *
 * @throws CatalogError
 */
export async function remindOfBackup({ catalog, config, log }: Services): Promise<void> {
  const { directory } = config.tempAudio
  if (config.databaseUrl || existsSync(path.join(directory, LAST_BACKUP_FILE))) return
  const { clips_stored: stored = {} } = await catalog.counters.read()
  const clips = Object.values(stored).reduce((sum, count) => sum + count, 0)
  if (clips === 0) return
  log.warn(
    { clips },
    `${directory} is not temporary, whatever its name says: with its ${CATALOG_FILE} go the permanent addresses of all clips, and nobody has backed it up. npm run backup -- --to <folder> does, while the service runs`,
  )
}
