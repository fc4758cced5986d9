import { describe, expect, it } from 'vitest'
import { createDiskSpace } from '#lib/platform/disk-space.ts'

describe('the space of a disk', () => {
  it('counts as enough where it cannot be read', async () => {
    expect(await createDiskSpace('/dev/null/nowhere').hasSpace(1)).toBe(true)
  })

  it('is not enough for more than the disk has', async () => {
    expect(await createDiskSpace(import.meta.dirname).hasSpace(Number.MAX_SAFE_INTEGER)).toBe(false)
  })
})
