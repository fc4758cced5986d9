import { mkdir, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { nullIfMissing, syncDirectory } from '#lib/platform/files.ts'
import { BackupRefusedError } from './backup-error.ts'
import { copyDurably, copyTree } from './copy-tree.ts'
import { CATALOG_FILE, type Installation, placesIn, readManifest } from './places.ts'
import { type Check, checkBytes } from './snapshot.ts'

/** What is in the backup, every byte of it looked at; `missing` is not in it, or damaged. */
export interface RestoreResult extends Check {
  /** When the backup was taken. */
  takenAt: string
}

/**
 * Puts a backup in the folder `from` into the folders of `to`, which must have no catalog yet. The catalog comes last: it
 * may be killed at any moment and run again, and until it is through no service finds half of it.
 *
 * @throws BackupRefusedError where there is no whole backup, or a catalog that would be lost
 */
export async function restore({ from, to }: { from: string; to: Installation }): Promise<RestoreResult> {
  const places = placesIn(from)
  const manifest = await readManifest(from)
  if (manifest === null) {
    throw new BackupRefusedError(`--from: got ${from}, takes a folder that npm run backup has finished`)
  }
  const inTheWay = (await readdir(to.tempAudioDir).catch(nullIfMissing))?.filter((name) =>
    name.startsWith(CATALOG_FILE),
  )
  if (inTheWay && inTheWay.length > 0) {
    throw new BackupRefusedError(
      `There is ${inTheWay.join(' and ')} in ${to.tempAudioDir}: stop the service and move that folder away first`,
    )
  }
  const isCatalog = (place: string) => place.startsWith(CATALOG_FILE)
  await mkdir(to.tempAudioDir, { recursive: true })
  await copyTree(places.tempAudioDir, to.tempAudioDir, { skip: isCatalog, seen: new Set() })
  const clips = path.join(to.repositoryDir, 'clips')
  await copyTree(places.clips, clips, { seen: new Set() })
  const audio = manifest.isAudioElsewhere ? undefined : path.join(to.tempAudioDir, 'audio')
  const check = await checkBytes(places.catalog, { audio, clips }, { isThorough: true })
  const { mtimeMs } = await stat(places.catalog)
  await copyDurably(places.catalog, path.join(to.tempAudioDir, CATALOG_FILE), mtimeMs)
  await syncDirectory(to.tempAudioDir)
  return { takenAt: manifest.takenAt, ...check }
}
