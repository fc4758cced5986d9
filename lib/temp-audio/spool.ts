import { readdir, rm, rmdir } from 'node:fs/promises'
import path from 'node:path'
import { nullIfMissing, openFileAsBlob } from '#lib/platform/files.ts'
import { isDeadProcess } from '#lib/platform/process-identity.ts'
import { createFilesystemStore } from './filesystem.ts'
import type { TempAudioStore } from './store.ts'

/**
 * From this age on audio counts as left behind although nobody knows whether its process lives: it ran on another host,
 * which shares the directory, or before the machine was restarted.
 */
const LEFT_BEHIND_AFTER_MS = 10 * 60_000

/** A clip that is whole and durable on this machine, and on its way to the bucket. */
export interface SpooledClip {
  id: string
  place: string
}

/** Where audio waits for the bucket: a directory of its own for each process, so that others know when it died. */
export interface Spool extends Pick<TempAudioStore, 'put' | 'check'> {
  placeOf(id: string): string
  /** The bytes of a clip that waits here, whoever put it. */
  find(id: string): Promise<Blob | null>
  /** Takes it away, whoever put it. */
  delete(id: string): Promise<void>
  /** What processes left that have died. Also clears away their broken writes, and their directories once empty. */
  leftBehind(options?: { removeUnfinishedBefore?: number | undefined }): Promise<SpooledClip[]>
}

/** `owner`: the name of this process, as `newProcessName` gives it. */
export function createSpool(options: { directory: string; owner: string; now: () => number }): Spool {
  const { directory, owner, now } = options
  const ownDirectory = path.join(directory, folderOf(owner))
  const own = createFilesystemStore({ directory: ownDirectory })

  async function folders(): Promise<string[]> {
    return (await readdir(directory).catch(nullIfMissing)) ?? []
  }

  async function placesOf(id: string): Promise<string[]> {
    const others = (await folders()).filter((folder) => folder !== folderOf(owner))
    return [ownDirectory, ...others.map((folder) => path.join(directory, folder))].map((folder) =>
      path.join(folder, id),
    )
  }

  return {
    put: own.put,
    check: own.check,
    placeOf: (id) => path.join(ownDirectory, id),

    async find(id) {
      for (const place of await placesOf(id)) {
        const audio = await openFileAsBlob(place).catch(nullIfMissing)
        if (audio) return audio
      }
      return null
    },

    async delete(id) {
      for (const place of await placesOf(id)) await rm(place, { force: true })
    },

    async leftBehind({ removeUnfinishedBefore = 0 } = {}) {
      const found: SpooledClip[] = []
      for (const folder of await folders()) {
        if (folder === folderOf(owner)) continue
        const place = path.join(directory, folder)
        const isDead = isDeadProcess(ownerOf(folder), owner)
        const files = createFilesystemStore({ directory: place })
        for await (const { id, storedAt } of files.list({ removeUnfinishedBefore })) {
          if (isDead || storedAt < now() - LEFT_BEHIND_AFTER_MS)
            found.push({ id, place: path.join(place, id) })
        }
        // It stays while something is in it.
        if (isDead) await rmdir(place).catch(() => {})
      }
      return found
    },
  }
}

/** Not every file system takes the colons of an owner. */
const folderOf = (owner: string) => owner.replaceAll(':', '-')
const ownerOf = (folder: string) => folder.replaceAll('-', ':')
