import { readdir, readFile } from 'node:fs/promises'

/** How long a count of the open files is used. */
const VALID_MS = 100

/** The files, sockets and pipes that this process may have open. */
export interface FileHandles {
  /** How many more it may open; infinite where the system does not say (all but Linux). */
  free(): Promise<number>
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_limits.5.html */
export function createFileHandles(now = () => performance.now()): FileHandles {
  // Node.js raises its limit to the highest that it may have when it starts: it does not change afterwards.
  let limit: Promise<number> | undefined
  let counted: { at: number; open: Promise<number> } | undefined
  return {
    async free() {
      limit ??= readLimit()
      if ((await limit) === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY
      if (!counted || now() - counted.at >= VALID_MS) counted = { at: now(), open: countOpen() }
      return Math.max(0, (await limit) - (await counted.open))
    },
  }
}

async function readLimit(): Promise<number> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  return Number(/^Max open files +(\d+)/m.exec(text)?.[1] ?? Number.POSITIVE_INFINITY)
}

/** Where not even the list can be opened, there is no handle left. */
async function countOpen(): Promise<number> {
  return readdir('/proc/self/fd').then(
    (names) => names.length,
    () => Number.POSITIVE_INFINITY,
  )
}
