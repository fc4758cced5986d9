import type { BigIntStats } from 'node:fs'

/** A clip a minute is heard for months before the first of so many is forgotten; they take about 2 MB. */
const MOST_FILES = 10_000

/** What changes whenever the content of a file may have: its size, modification time and inode. */
export function fileVersion({ size, mtimeNs, ino }: Pick<BigIntStats, 'size' | 'mtimeNs' | 'ino'>): string {
  return `${size} ${mtimeNs} ${ino}`
}

/** Remembers which files were verified, so that each is read for that once a process. */
export interface VerifiedFiles {
  /**
   * Runs `verify` unless it has succeeded before for the file `name` in this `version`. Callers at the same time share
   * one run.
   *
   * @throws what `verify` throws, which is not remembered
   */
  once(name: string, version: string, verify: () => Promise<void>): Promise<void>
}

export function createVerifiedFiles({ mostFiles = MOST_FILES } = {}): VerifiedFiles {
  const known = new Map<string, { version: string; verified: Promise<void> }>()

  return {
    once(name, version, verify) {
      const before = known.get(name)
      // Deleted and added again, so that the first one in the map is the one that was not used for longest.
      known.delete(name)
      const entry = before?.version === version ? before : { version, verified: verify() }
      known.set(name, entry)
      if (entry !== before) entry.verified.catch(() => known.get(name) === entry && known.delete(name))
      if (known.size > mostFiles) known.delete(known.keys().next().value as string)
      return entry.verified
    },
  }
}
