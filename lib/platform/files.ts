import { randomBytes } from 'node:crypto'
import { openAsBlob } from 'node:fs'
import { open, stat } from 'node:fs/promises'

/**
 * For `catch` behind a call of the file system: an error with one of `codes` becomes `null`, any other is thrown again.
 *
 * @see https://nodejs.org/api/errors.html#common-system-errors
 */
export function nullOn(...codes: string[]): (error: unknown) => null {
  return (error) => {
    if (codes.includes((error as NodeJS.ErrnoException | undefined)?.code ?? '')) return null
    throw error
  }
}

/** For `catch`: a file that does not exist becomes `null`. */
export const nullIfMissing = nullOn('ENOENT')

/**
 * A path for a file that is to be written beside `place` and moved there once it is whole. No two calls return the
 * same one.
 */
export function draftPath(place: string, extension = ''): string {
  return `${place}.${randomBytes(6).toString('hex')}${extension}`
}

/** Makes the names in `directory` durable: a file that was made or moved there keeps its name after a crash. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * The file `place` as a blob that reads from the disk each time. Rejects with `ENOENT` where the file does not exist:
 * `openAsBlob` itself says only that it could not be opened.
 */
export async function openFileAsBlob(place: string): Promise<Blob> {
  try {
    return await openAsBlob(place)
  } catch (error) {
    await stat(place)
    throw error
  }
}
