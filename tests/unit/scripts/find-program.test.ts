import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { findProgram, findServer } from '../../../scripts/find-program.mjs'

function folderWith(...names: string[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'voicepin-programs-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const name of names) {
    writeFileSync(path.join(folder, name), '')
    chmodSync(path.join(folder, name), 0o755)
  }
  return folder
}

it('finds a server on the PATH, before any folder for administrators', () => {
  const folder = folderWith('nginx')
  expect(findServer('nginx', { PATH: `/nowhere:${folder}` })).toBe(path.join(folder, 'nginx'))
})

it('passes by what cannot be run', () => {
  const folder = folderWith()
  writeFileSync(path.join(folder, 'redis-server'), '')
  mkdirSync(path.join(folder, 'bin'))
  expect(findProgram(['redis-server'], { PATH: folder })).toBeUndefined()
  expect(findServer('no-such-server', { PATH: folder })).toBeUndefined()
  expect(findProgram(['redis-server'], {})).toBeUndefined()
})
