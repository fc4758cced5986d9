import { statfs } from 'node:fs/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createDiskSpace } from '#lib/platform/disk-space.ts'

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  return { ...real, statfs: vi.fn(real.statfs) }
})

const MEBIBYTE = 1024 * 1024
/** A disk of a gibibyte, and what is left of it; 32 MiB are the margin. */
const diskWith = (freeMebibytes: number) =>
  ({ blocks: 1024, bavail: freeMebibytes, bsize: MEBIBYTE }) as Awaited<ReturnType<typeof statfs>>

afterEach(() => vi.mocked(statfs).mockReset())

describe('the space of a disk', () => {
  it('counts as enough where it cannot be read', async () => {
    expect(await createDiskSpace('/dev/null/nowhere').hasSpace(1)).toBe(true)
  })

  it('is not enough for more than the disk has', async () => {
    expect(await createDiskSpace(import.meta.dirname).hasSpace(Number.MAX_SAFE_INTEGER)).toBe(false)
  })

  it('is looked at once in a tenth of a second, while what was asked for since would fit', async () => {
    let now = 0
    const disk = createDiskSpace('somewhere', () => now)
    vi.mocked(statfs).mockResolvedValue(diskWith(132))
    for (let times = 0; times < 10; times += 1) expect(await disk.hasSpace(10 * MEBIBYTE)).toBe(true)
    expect(statfs).toHaveBeenCalledTimes(1)
    expect(await disk.hasSpace(1)).toBe(true)
    expect(statfs).toHaveBeenCalledTimes(2)
    now += 100
    expect(await disk.hasSpace(1)).toBe(true)
    expect(statfs).toHaveBeenCalledTimes(3)
  })

  it('is not taken from the look before by those who ask while the next one is under way', async () => {
    let now = 0
    const disk = createDiskSpace('somewhere', () => now)
    vi.mocked(statfs).mockResolvedValue(diskWith(132))
    expect(await disk.hasSpace(1)).toBe(true)
    now += 60_000
    vi.mocked(statfs).mockResolvedValue(diskWith(31))
    const asked = await Promise.all([disk.hasSpace(1), disk.hasSpace(1), disk.hasSpace(0)])
    expect(asked).toEqual([false, false, false])
  })

  it('is never said to be too small by an old look', async () => {
    const disk = createDiskSpace('somewhere', () => 0)
    vi.mocked(statfs).mockResolvedValue(diskWith(32))
    expect(await disk.hasSpace(1)).toBe(false)
    vi.mocked(statfs).mockResolvedValue(diskWith(33))
    expect(await disk.hasSpace(1)).toBe(true)
  })
})
