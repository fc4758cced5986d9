import { describe, expect, it, vi } from 'vitest'
import { createDiskSpace } from '#lib/platform/disk-space.ts'

const MEBIBYTE = 1024 * 1024

/** A disk of a gibibyte, of which 32 MiB are the margin. */
function diskWith(freeMebibytes: number) {
  const disk = { blocks: 1024, bavail: freeMebibytes, bsize: MEBIBYTE }
  let now = 0
  const statfs = vi.fn(async () => ({ ...disk }))
  const { hasSpace } = createDiskSpace('somewhere', { now: () => now, statfs })
  return {
    hasSpace,
    statfs,
    pass(ms: number) {
      now += ms
    },
    has(mebibytes: number) {
      disk.bavail = mebibytes
    },
  }
}

describe('the space of a disk', () => {
  it('counts as enough where it cannot be read', async () => {
    expect(await createDiskSpace('/dev/null/nowhere').hasSpace(1)).toBe(true)
  })

  it('is not enough for more than the disk has', async () => {
    expect(await createDiskSpace(import.meta.dirname).hasSpace(Number.MAX_SAFE_INTEGER)).toBe(false)
  })

  it('is looked at once in a tenth of a second, while what was asked for since would fit', async () => {
    const { hasSpace, statfs, pass } = diskWith(132)
    for (let times = 0; times < 10; times += 1) expect(await hasSpace(10 * MEBIBYTE)).toBe(true)
    expect(statfs).toHaveBeenCalledTimes(1)
    expect(await hasSpace(1)).toBe(true)
    expect(statfs).toHaveBeenCalledTimes(2)
    pass(100)
    expect(await hasSpace(1)).toBe(true)
    expect(statfs).toHaveBeenCalledTimes(3)
  })

  it('is not taken from the look before by those who ask while the next one is under way', async () => {
    const { hasSpace, pass, has } = diskWith(132)
    expect(await hasSpace(1)).toBe(true)
    pass(60_000)
    has(31)
    expect(await Promise.all([hasSpace(1), hasSpace(1), hasSpace(0)])).toEqual([false, false, false])
  })

  it('is never said to be too small by an old look', async () => {
    const { hasSpace, has } = diskWith(32)
    expect(await hasSpace(1)).toBe(false)
    has(33)
    expect(await hasSpace(1)).toBe(true)
  })
})
