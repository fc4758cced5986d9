import type { StatsFs } from 'node:fs'
import { mkdir, statfs as readDisk } from 'node:fs/promises'
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

/** Reads what a file system says of itself. */
type ReadDisk = (directory: string) => Promise<Pick<StatsFs, 'blocks' | 'bavail' | 'bsize'>>

/**
 * The disk under `directory`, which is created when missing. A disk whose size cannot be read counts as one with space.
 * A look at it is used for a tenth of a second, less what was asked for since, unless it would say no.
 */
export function createDiskSpace(
  directory: string,
  { now = () => performance.now(), statfs = readDisk }: { now?: () => number; statfs?: ReadDisk } = {},
): DiskSpace {
  let looking: Promise<Look> | undefined
  let lookedAt = Number.NEGATIVE_INFINITY

  function lookAgain(): Promise<Look> {
    lookedAt = now()
    looking = lookAt(directory, statfs)
    return looking
  }

  return {
    async hasSpace(sizeBytes) {
      let look = await (looking && now() - lookedAt < VALID_MS ? looking : lookAgain())
      if (look.spareBytes < sizeBytes) look = await lookAgain()
      if (look.spareBytes < sizeBytes) return false
      look.spareBytes -= sizeBytes
      return true
    },
  }
}

/** What was found, less what was asked for since. */
interface Look {
  spareBytes: number
}

async function lookAt(directory: string, statfs: ReadDisk): Promise<Look> {
  const disk = await statfs(directory)
    .catch(async (error: unknown) => {
      nullIfMissing(error)
      await mkdir(directory, { recursive: true })
      return statfs(directory)
    })
    .catch(() => undefined)
  // Some file systems report no size, such as those in memory without a limit.
  if (!disk || disk.blocks === 0) return { spareBytes: Number.POSITIVE_INFINITY }
  const marginBytes = Math.min(MARGIN_BYTES, MARGIN_SHARE * disk.blocks * disk.bsize)
  return { spareBytes: disk.bavail * disk.bsize - marginBytes }
}
