import { mkdir, statfs } from 'node:fs/promises'

/** Kept free for the catalog, which has to write before a clip can leave the disk: of a small disk a share. */
const MARGIN_BYTES = 32 * 1024 ** 2
const MARGIN_SHARE = 1 / 8

/** The disk that the temporary store and the catalog share. */
export interface DiskSpace {
  /** Whether `sizeBytes` more find room on it, with enough left for the catalog to go on. */
  hasSpace(sizeBytes: number): Promise<boolean>
  /** Where clips only pass through: deletes what can be had again from their store. Returns how many files. */
  evictCopies?: (() => Promise<number>) | undefined
}

/** The disk under `directory`, which is made when missing. One that cannot be asked is taken to have room. */
export function createDiskSpace(
  directory: string,
  { evictCopies }: Pick<DiskSpace, 'evictCopies'> = {},
): DiskSpace {
  return {
    evictCopies,
    async hasSpace(sizeBytes) {
      const facts = await mkdir(directory, { recursive: true })
        .then(() => statfs(directory))
        .catch(() => undefined)
      // Some file systems, such as those in memory without a limit, tell no size.
      if (!facts || facts.blocks === 0) return true
      const marginBytes = Math.min(MARGIN_BYTES, MARGIN_SHARE * facts.blocks * facts.bsize)
      return facts.bavail * facts.bsize - sizeBytes >= marginBytes
    },
  }
}
