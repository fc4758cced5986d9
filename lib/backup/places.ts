import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { nullIfMissing } from '#lib/platform/files.ts'

/** Where a service keeps its files. */
export interface Installation {
  /** `TEMP_AUDIO_DIR`. */
  tempAudioDir: string
  /** `IPFS_REPOSITORY_DIR`. */
  repositoryDir: string
}

/** The file of the catalog in `TEMP_AUDIO_DIR`, and in a backup of it. */
export const CATALOG_FILE = 'catalog.sqlite'
/** When the last backup was taken, in `TEMP_AUDIO_DIR`. */
export const LAST_BACKUP_FILE = 'last-backup'

/** A backup in `directory` has the layout of the service's own folders. */
export const placesIn = (directory: string) => ({
  tempAudioDir: path.join(directory, 'temp-audio'),
  catalog: path.join(directory, 'temp-audio', CATALOG_FILE),
  /** The clips of the provider `embedded`. */
  clips: path.join(directory, 'ipfs', 'clips'),
  /** Written last, so that a folder with it has a whole backup. */
  manifest: path.join(directory, 'backup.json'),
})

/** What is known of a backup besides what is in it. */
export interface Manifest {
  /** The moment that its records are of, as ISO 8601 has it. */
  takenAt: string
  /** The audio that no provider holds yet was in a bucket, and is not in the backup. */
  isAudioElsewhere: boolean
}

/** `null` where no backup was ever finished in `directory`. */
export async function readManifest(directory: string): Promise<Manifest | null> {
  const text = await readFile(placesIn(directory).manifest, 'utf8').catch(nullIfMissing)
  return text === null ? null : (JSON.parse(text) as Manifest)
}
