import { createWriteStream } from 'node:fs'
import { mkdir, opendir, rename, rm, stat, utimes } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isClipId } from '#lib/model/clip.ts'
import { draftPath, nullIfMissing } from '#lib/platform/files.ts'
import { MINUTE_MS } from '#lib/platform/units.ts'
import { createFilesystemStore } from './filesystem.ts'
import type { TempAudioStore } from './store.ts'

/** A copy that was not used for this long is deleted. */
const MAX_IDLE_MS = 15 * MINUTE_MS
/** Bytes that were used less than this ago may still be read: they are not deleted to free space, or moved. */
export const IN_USE_MS = 5 * MINUTE_MS
const UNFINISHED = '.partial'
/**
 * The modification time of every copy. When it was last used is in its access time; a blob of a file cannot be read any
 * more once the modification time has changed.
 */
const MODIFIED_SECONDS = 0

/** Copies on disk of what a bucket holds. Any of them may be deleted at any time. Processes may share the directory. */
export interface Copies extends Pick<TempAudioStore, 'read' | 'blob' | 'delete'> {
  /** Moves the file `place` here as a copy. One that is gone was moved by another process. */
  take(id: string, place: string): Promise<void>
  /** Writes `bytes` as a copy. @throws what `bytes` throws; nothing is kept then */
  receive(id: string, bytes: Readable): Promise<void>
  /**
   * Deletes copies that were not used for long or are too large together, least recently used first. `all`: every copy
   * that is not in use. Returns how many were deleted.
   */
  evict(options?: { all?: boolean; removeUnfinishedBefore?: number | undefined }): Promise<number>
}

export function createCopies(options: { directory: string; maxBytes: number; now: () => number }): Copies {
  const { directory, maxBytes, now } = options
  const files = createFilesystemStore({ directory })
  const placeOf = (id: string) => path.join(directory, id)
  const markUsed = (place: string) => utimes(place, now() / 1000, MODIFIED_SECONDS)

  async function used<T>(id: string, use: Promise<T | null>): Promise<T | null> {
    const found = await use
    // A copy that cannot be marked as used is deleted sooner, which does no harm.
    if (found) await markUsed(placeOf(id)).catch(() => {})
    return found
  }

  async function listFiles() {
    const found: { id: string; place: string; sizeBytes: number; usedAt: number; changedAt: number }[] = []
    const entries = await opendir(directory).catch(nullIfMissing)
    if (!entries) return found
    for await (const { name } of entries) {
      const place = path.join(directory, name)
      const facts = await stat(place).catch(nullIfMissing)
      if (facts?.isFile()) {
        const { size: sizeBytes, atimeMs: usedAt, mtimeMs: changedAt } = facts
        found.push({ id: name, place, sizeBytes, usedAt, changedAt })
      }
    }
    return found
  }

  return {
    read: (id, range) => used(id, files.read(id, range)),
    blob: (id) => used(id, files.blob(id)),
    delete: files.delete,

    async take(id, place) {
      await mkdir(directory, { recursive: true })
      await markUsed(place)
        .then(() => rename(place, placeOf(id)))
        .catch(nullIfMissing)
    },

    async receive(id, bytes) {
      const draft = draftPath(placeOf(id), UNFINISHED)
      try {
        await mkdir(directory, { recursive: true })
        await pipeline(bytes, createWriteStream(draft, { flags: 'wx' }))
        await markUsed(draft)
        await rename(draft, placeOf(id))
      } catch (error) {
        bytes.destroy()
        await rm(draft, { force: true }).catch(() => {})
        throw error
      }
    },

    async evict({ all = false, removeUnfinishedBefore = 0 } = {}) {
      const found = await listFiles()
      for (const { id, place, changedAt } of found) {
        if (id.endsWith(UNFINISHED) && changedAt < removeUnfinishedBefore) await rm(place, { force: true })
      }
      const copies = found.filter(({ id }) => isClipId(id)).sort((a, b) => a.usedAt - b.usedAt)
      let totalBytes = copies.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      let deleted = 0
      for (const { place, sizeBytes, usedAt } of copies) {
        const idleMs = now() - usedAt
        const isToFreeSpace = idleMs > IN_USE_MS && (all || totalBytes > maxBytes)
        if (idleMs <= MAX_IDLE_MS && !isToFreeSpace) break
        await rm(place, { force: true })
        totalBytes -= sizeBytes
        deleted += 1
      }
      return deleted
    },
  }
}
