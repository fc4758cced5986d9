import { readdirSync, readlinkSync } from 'node:fs'

/** The files below `directory`, or the one that it is, which this process has open. Only Linux tells. */
export function openFilesBelow(directory: string): string[] {
  return readdirSync('/proc/self/fd')
    .map((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`)
      } catch {
        return ''
      }
    })
    .filter((place) => place.startsWith(directory))
}
