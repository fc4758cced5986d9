import { existsSync, statfsSync, statSync } from 'node:fs'
import path from 'node:path'

/** File systems in memory, by their numbers in `statfs`: tmpfs and ramfs. @see https://man7.org/linux/man-pages/man2/statfs.2.html */
const IN_MEMORY = new Set([0x01021994, 0x858458f6])

/**
 * Whether `directory` is on a disk that was mounted there: another one than that of the root directory, and not in memory.
 * Where the directory does not exist yet, the nearest one above it counts.
 */
export function isOnMountedDisk(directory: string): boolean {
  let place = path.resolve(directory)
  while (!existsSync(place)) place = path.dirname(place)
  return statSync(place).dev !== statSync('/').dev && !IN_MEMORY.has(statfsSync(place).type)
}
