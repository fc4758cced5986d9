import { readdir, rm, rmdir } from 'node:fs/promises'
import path from 'node:path'
import { nullIfMissing, openFileAsBlob } from '#lib/platform/files.ts'
import { isDeadProcess } from '#lib/platform/process-identity.ts'
import { MINUTE_MS } from '#lib/platform/units.ts'
import { createFilesystemStore } from './filesystem.ts'
import type { TempAudioStore } from './store.ts'

/**
 * From this age on audio counts as left behind even if it is not known whether its process lives: that ran on another
 * host that shares the directory, or before the machine was restarted.
 */
const LEFT_BEHIND_AFTER_MS = 10 * MINUTE_MS

/** A clip that is complete and durable on this machine, and must still be uploaded to the bucket. */
export interface SpooledClip {
  id: string
  place: string
}

/** Where audio waits for the bucket. Each process has its own directory, so that others can tell whose process died. */
export interface Spool extends Pick<TempAudioStore, 'put' | 'check'> {
  placeOf(id: string): string
  /** The bytes of a clip that waits here, in the directory of any process. */
  find(id: string): Promise<Blob | null>
  /** Deletes a clip from the directories of all processes. */
  delete(id: string): Promise<void>
  /** The clips of processes that have died. Also deletes their unfinished writes, and their directories once empty. */
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
        // Fails while there is something in it.
        if (isDead) await rmdir(place).catch(() => {})
      }
      return found
    },
  }
}

/** Not every file system allows the colons of an owner's name. */
const folderOf = (owner: string) => owner.replaceAll(':', '-')
const ownerOf = (folder: string) => folder.replaceAll('-', ':')
