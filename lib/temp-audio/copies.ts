import { createWriteStream } from 'node:fs'
import { mkdir, opendir, rename, rm, stat, utimes } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isClipId } from '#lib/model/clip.ts'
import { draftPath, nullIfMissing } from '#lib/platform/files.ts'
import { createFilesystemStore } from './filesystem.ts'
import type { TempAudioStore } from './store.ts'

/** A copy that nobody has used for this long goes. */
const MAX_IDLE_MS = 15 * 60_000
/** One that was used since then may still be read, and is not taken away for the sake of room. */
const IN_USE_MS = 5 * 60_000
const UNFINISHED = '.partial'
/**
 * Every copy is said to be this old: when it was used last stands in its access time, and a blob cannot be read any more
 * once the other time has changed.
 */
const MODIFIED_SECONDS = 0

/** Copies on disk of what a bucket holds. Any of them may go at any time; other processes may share the directory. */
export interface Copies extends Pick<TempAudioStore, 'read' | 'blob' | 'delete'> {
  /** Makes the file `place` a copy. One that has gone meanwhile was made one by somebody else. */
  take(id: string, place: string): Promise<void>
  /** Makes what `bytes` gives a copy. @throws what `bytes` throws; nothing is kept then */
  receive(id: string, bytes: Readable): Promise<void>
  /**
   * Deletes copies that have had their time or are too many, least recently used first. `all`: every one that is not in
   * use, since room is short. Returns how many went.
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
    // A copy that cannot be marked goes sooner, and is no worse for that.
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
      let gone = 0
      for (const { place, sizeBytes, usedAt } of copies) {
        const idleMs = now() - usedAt
        const isInTheWay = idleMs > IN_USE_MS && (all || totalBytes > maxBytes)
        if (idleMs <= MAX_IDLE_MS && !isInTheWay) break
        await rm(place, { force: true })
        totalBytes -= sizeBytes
        gone += 1
      }
      return gone
    },
  }
}
