import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findBrowser } from '../../../scripts/browser.mjs'
import { lacking } from '../../support/lacking.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'voicepin-browser-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function program(name: string): string {
  const file = path.join(folder, name)
  writeFileSync(file, '')
  chmodSync(file, 0o755)
  return file
}

describe('the browser for the tests', () => {
  it('is the one that the environment names', () => {
    program('chromium')
    const named = program('my-browser')
    expect(findBrowser({ PATH: folder, PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH: named })).toBe(named)
  })

  it('is else the first one on PATH, Chromium before Chrome', () => {
    program('google-chrome')
    const chromium = program('chromium')
    expect(findBrowser({ PATH: `/nowhere:${folder}` })).toBe(chromium)
  })

  it('is not looked for elsewhere when the named one is missing', () => {
    program('chromium')
    const environment = { PATH: folder, PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH: '/nowhere/chromium' }
    expect(() => findBrowser(environment)).toThrow('there is no program at /nowhere/chromium')
  })

  it.skipIf(lacking(process.platform !== 'darwin', 'on macOS a browser is looked for elsewhere, too'))(
    'may be missing',
    () => {
      writeFileSync(path.join(folder, 'chromium'), 'cannot be run')
      expect(findBrowser({ PATH: folder })).toBeUndefined()
    },
  )
})
