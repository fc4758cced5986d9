import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { createFileHandles } from '#lib/platform/file-handles.ts'
import { lacking } from '../../support/lacking.ts'

it.skipIf(lacking(existsSync('/proc/self/limits'), 'only Linux tells a process its limits in /proc'))(
  'counts the files that may still be opened',
  async () => {
    let timeMs = 0
    const fileHandles = createFileHandles(() => {
      timeMs += 1000
      return timeMs
    })
    const before = await fileHandles.free()
    const opened = await Promise.all(Array.from({ length: 100 }, () => open('/dev/null')))
    const after = await fileHandles.free()
    await Promise.all(opened.map((handle) => handle.close()))

    expect(before).toBeGreaterThan(100)
    // Others in this process open and close files as well.
    expect(Math.abs(before - after - 100)).toBeLessThan(50)
  },
)
