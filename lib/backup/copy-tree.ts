import { constants } from 'node:fs'
import { copyFile, lstat, mkdir, open, readdir, readlink, rename, rm, rmdir, symlink } from 'node:fs/promises'
import path from 'node:path'
import { draftPath, nullIfMissing, nullOn, syncDirectory } from '#lib/platform/files.ts'

/** As the temporary store calls what is being written, so that it clears away what a crash has left. */
const DRAFT = '.partial'

export interface CopyCount {
  /** Files that were copied now; `unchanged` ones were there already. */
  copied: number
  copiedBytes: number
  unchanged: number
}

/**
 * Copies what is in `from` to `to`, files and symbolic links, while others write there: each file is written beside its
 * place, synced and renamed. What has the same size and modification time in `to` is taken for the same. What goes
 * meanwhile is left out. `seen` gets the path of each file from `to`; `skip` leaves some out, by their paths from `from`.
 */
export async function copyTree(
  from: string,
  to: string,
  { skip = () => false, seen }: { skip?: (place: string) => boolean; seen: Set<string> },
): Promise<CopyCount> {
  const count: CopyCount = { copied: 0, copiedBytes: 0, unchanged: 0 }

  async function copyFolder(folder: string) {
    // All at once: files that come meanwhile would keep a walk through the folder from ever ending.
    const entries = await readdir(path.join(from, folder), { withFileTypes: true }).catch(nullIfMissing)
    if (!entries) return
    await mkdir(path.join(to, folder), { recursive: true, mode: 0o700 })
    for (const entry of entries) {
      const place = path.join(folder, entry.name)
      if (skip(place)) continue
      if (entry.isDirectory()) await copyFolder(place)
      else if (entry.isSymbolicLink()) await copyLink(place)
      else if (entry.isFile()) await copyOne(place)
    }
    await syncDirectory(path.join(to, folder))
  }

  async function copyLink(place: string) {
    const target = await readlink(path.join(from, place)).catch(nullIfMissing)
    if (target === null) return
    seen.add(place)
    await symlink(target, path.join(to, place)).catch(nullOn('EEXIST'))
  }

  async function copyOne(place: string) {
    const source = path.join(from, place)
    const target = path.join(to, place)
    const facts = await lstat(source).catch(nullIfMissing)
    if (!facts) return
    const known = await lstat(target).catch(nullIfMissing)
    seen.add(place)
    if (known?.size === facts.size && Math.floor(known.mtimeMs) === Math.floor(facts.mtimeMs)) {
      count.unchanged += 1
    } else if (await copyDurably(source, target, facts.mtimeMs)) {
      count.copied += 1
      count.copiedBytes += facts.size
    } else {
      seen.delete(place)
    }
  }

  await copyFolder('.')
  return count
}

/** `false` where `source` has gone. */
export async function copyDurably(source: string, target: string, modifiedMs: number): Promise<boolean> {
  const draft = draftPath(target, DRAFT)
  try {
    const isGone = (await copyFile(source, draft, constants.COPYFILE_FICLONE).catch(nullIfMissing)) === null
    if (isGone) return false
    const handle = await open(draft, 'r+')
    try {
      // A little more than the milliseconds, which a rounding may not undo.
      const seconds = (Math.floor(modifiedMs) + 0.5) / 1000
      await handle.utimes(seconds, seconds)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, target)
    return true
  } finally {
    await rm(draft, { force: true })
  }
}

/** Deletes every file below `directory` whose path from there is not in `wanted`, and folders that are empty then. */
export async function deleteOthers(directory: string, wanted: ReadonlySet<string>): Promise<void> {
  async function cleanUp(folder: string) {
    for (const entry of await readdir(path.join(directory, folder), { withFileTypes: true })) {
      const place = path.join(folder, entry.name)
      if (entry.isDirectory()) await cleanUp(place)
      else if (!wanted.has(place)) await rm(path.join(directory, place), { force: true })
    }
    if (folder !== '.') await rmdir(path.join(directory, folder)).catch(nullOn('ENOTEMPTY'))
  }
  await cleanUp('.')
}
