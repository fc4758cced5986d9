import { mkdir, statfs } from 'node:fs/promises'
import { markedError } from './errors.ts'
import { nullIfMissing } from './files.ts'
import { MEBIBYTE } from './units.ts'

/** Kept free for what has to be written before anything can be deleted, such as a database. On a small disk: a share. */
const MARGIN_BYTES = 32 * MEBIBYTE
const MARGIN_SHARE = 1 / 8
/** How long a look at the disk is used. */
const VALID_MS = 100

/** The disk could take what is to be written only without its margin. */
export class DiskFullError extends markedError('DiskFullError') {}

/** Whether an error, or one of several that were collected, says that the disk is full. */
export function isDiskFull(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isDiskFull)
  const { code } = error as NodeJS.ErrnoException
  return DiskFullError.isInstance(error) || code === 'ENOSPC' || code === 'EDQUOT'
}

export interface DiskSpace {
  /** Whether the disk can take `sizeBytes` more, with a margin left over. */
  hasSpace(sizeBytes: number): Promise<boolean>
}

/**
 * The disk under `directory`, which is created when missing. A disk whose size cannot be read counts as one with space.
 * A look at it is used for a tenth of a second, less what was asked for since, unless it would say no.
 */
export function createDiskSpace(directory: string, now = () => performance.now()): DiskSpace {
  let spareBytes = 0
  let lookedAt = Number.NEGATIVE_INFINITY

  async function look(): Promise<number> {
    const disk = await statfs(directory)
      .catch(async (error: unknown) => {
        nullIfMissing(error)
        await mkdir(directory, { recursive: true })
        return statfs(directory)
      })
      .catch(() => undefined)
    // Some file systems report no size, such as those in memory without a limit.
    if (!disk || disk.blocks === 0) return Number.POSITIVE_INFINITY
    const marginBytes = Math.min(MARGIN_BYTES, MARGIN_SHARE * disk.blocks * disk.bsize)
    return disk.bavail * disk.bsize - marginBytes
  }

  return {
    async hasSpace(sizeBytes) {
      if (now() - lookedAt >= VALID_MS || spareBytes < sizeBytes) {
        lookedAt = now()
        spareBytes = await look()
      }
      if (spareBytes < sizeBytes) return false
      spareBytes -= sizeBytes
      return true
    },
  }
}
