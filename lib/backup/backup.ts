import { existsSync } from 'node:fs'
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { draftPath, syncDirectory } from '#lib/platform/files.ts'
import { BackupRefusedError } from './backup-error.ts'
import { type CopyCount, copyTree, deleteOthers } from './copy-tree.ts'
import { CATALOG_FILE, type Installation, LAST_BACKUP_FILE, type Manifest, placesIn } from './places.ts'
import { checkBytes, snapshotCatalog } from './snapshot.ts'

/** How often the records are read again where a clip has moved between them and its bytes. */
const ROUNDS = 3

export interface BackupResult extends CopyCount {
  clips: number
  /** What the records need and nobody has here, one line each; empty for a whole backup. */
  missing: string[]
}

/**
 * Copies the catalog of `from`, the audio that no provider holds yet and the clips of the provider `embedded` to the folder
 * `to`, while the service runs. First the files, then the records as they are at one moment, then the files that have come
 * meanwhile: bytes are always there before their record, and a moment longer. So each record finds its bytes in the copy.
 *
 * A backup that is in `to` already is brought up to date, and stays whole until the new one is. It may be killed at any
 * moment and run again. `isAudioElsewhere`: the audio is in a bucket, which has copies of its own.
 *
 * @throws BackupRefusedError where there is nothing to copy, or `to` is not fit for it
 */
export async function backUp(options: {
  from: Installation
  to: string
  isAudioElsewhere?: boolean
  now?: () => Date
}): Promise<BackupResult> {
  const { from, to, isAudioElsewhere = false, now = () => new Date() } = options
  const catalog = path.join(from.tempAudioDir, CATALOG_FILE)
  refuse(from, to, catalog)
  const places = placesIn(to)
  await mkdir(places.tempAudioDir, { recursive: true, mode: 0o700 })
  const seenFiles = new Set<string>([CATALOG_FILE])
  const seenClips = new Set<string>()
  const total: CopyCount = { copied: 0, copiedBytes: 0, unchanged: 0 }

  async function copyFiles() {
    const files = await copyTree(from.tempAudioDir, places.tempAudioDir, { skip: isLeftOut, seen: seenFiles })
    const clips = await copyTree(path.join(from.repositoryDir, 'clips'), places.clips, {
      skip: (place) => place.startsWith('unfinished'),
      seen: seenClips,
    })
    total.copied += files.copied + clips.copied
    total.copiedBytes += files.copiedBytes + clips.copiedBytes
    total.unchanged = files.unchanged + clips.unchanged
  }

  await copyFiles()
  const draft = draftPath(places.catalog, '.draft')
  try {
    let clips = 0
    let missing: string[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const takenAt = now().toISOString()
      await rm(draft, { force: true })
      await snapshotCatalog(catalog, draft)
      await copyFiles()
      const audio = isAudioElsewhere ? undefined : path.join(places.tempAudioDir, 'audio')
      const check = await checkBytes(draft, { audio, clips: places.clips }, { isThorough: false })
      clips = check.clips
      missing = check.missing
      if (missing.length > 0 && round < ROUNDS - 1) continue
      await rename(draft, places.catalog)
      await syncDirectory(places.tempAudioDir)
      await writeDurably(places.manifest, { takenAt, isAudioElsewhere })
      // All that comes of it where this fails is a warning too many.
      await writeFile(path.join(from.tempAudioDir, LAST_BACKUP_FILE), `${takenAt}\n`).catch(() => {})
      break
    }
    await deleteOthers(places.tempAudioDir, seenFiles)
    if (existsSync(places.clips)) await deleteOthers(places.clips, seenClips)
    return { clips, missing, ...total }
  } finally {
    await rm(draft, { force: true })
  }
}

function refuse(from: Installation, to: string, catalog: string) {
  if (!existsSync(catalog)) {
    throw new BackupRefusedError(
      `There is no catalog in ${from.tempAudioDir}: start the backup with the service's own TEMP_AUDIO_DIR`,
    )
  }
  for (const folder of [from.tempAudioDir, from.repositoryDir]) {
    const inside = path.relative(path.resolve(folder), path.resolve(to))
    if (inside === '' || !(inside.startsWith('..') || path.isAbsolute(inside))) {
      throw new BackupRefusedError(`--to: got ${to}, takes a folder outside of ${folder}, which is backed up`)
    }
  }
}

/** What is written at this moment, what a bucket has, what SQLite makes beside the catalog, and what says nothing elsewhere. */
function isLeftOut(place: string): boolean {
  const [first = '', second] = place.split(path.sep)
  if (first.startsWith(CATALOG_FILE) || first === LAST_BACKUP_FILE) return true
  return (first === 's3' && second === 'copies') || place.endsWith('.partial')
}

async function writeDurably(place: string, manifest: Manifest) {
  const draft = draftPath(place, '.draft')
  const handle = await open(draft, 'wx', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify(manifest)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(draft, place)
  await syncDirectory(path.dirname(place))
}
