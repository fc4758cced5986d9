import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { withLock } from '../../../scripts/lock.mjs'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'voicepin-lock-'))
  file = path.join(folder, 'lock')
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('the set-up lock', () => {
  it('lets one in at a time and tells the others once that they wait', async () => {
    const onWait = vi.fn()
    let inside = 0
    const work = async () => {
      expect(++inside).toBe(1)
      await sleep(30)
      inside--
    }
    await Promise.all([1, 2, 3].map(() => withLock(file, work, { onWait, pollMs: 5 })))
    expect(onWait).toHaveBeenCalledTimes(2)
  })

  it('gives the result of the work and is free again', async () => {
    expect(await withLock(file, async () => 7)).toBe(7)
    expect(existsSync(file)).toBe(false)
  })

  it('is free again after work that failed', async () => {
    await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(existsSync(file)).toBe(false)
  })

  it('is taken over from a process that died', async () => {
    writeFileSync(file, '')
    utimesSync(file, 1, 1)
    const onWait = vi.fn()
    await withLock(file, async () => {}, { onWait })
    expect(onWait).not.toHaveBeenCalled()
  })

  it('stays with a process that works for long', async () => {
    const onWait = vi.fn()
    const order: string[] = []
    const long = withLock(file, () => sleep(1500).then(() => order.push('long')), { staleMs: 1000 })
    const other = withLock(file, async () => order.push('other'), { staleMs: 1000, pollMs: 5, onWait })
    await Promise.all([long, other])
    expect(order).toEqual(['long', 'other'])
  })
})
