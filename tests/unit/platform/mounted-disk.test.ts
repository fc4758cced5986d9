import { describe, expect, it } from 'vitest'
import { isOnMountedDisk } from '#lib/platform/mounted-disk.ts'

describe.skipIf(process.platform !== 'linux')('isOnMountedDisk', () => {
  it('says yes for another file system than that of the root, whether or not the folder is there yet', () => {
    expect(isOnMountedDisk('/proc')).toBe(true)
    expect(isOnMountedDisk('/proc/nowhere/at/all')).toBe(true)
  })

  it('says no for the disk of the root directory, and for one in memory', () => {
    expect(isOnMountedDisk('/')).toBe(false)
    expect(isOnMountedDisk('/nowhere/at/all')).toBe(false)
    expect(isOnMountedDisk('/dev/shm')).toBe(false)
  })
})
