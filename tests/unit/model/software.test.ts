import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { software } from '#lib/model/software.ts'

it('the program calls itself by the version in package.json', () => {
  const file = path.join(import.meta.dirname, '../../../package.json')
  expect(software.version).toBe(JSON.parse(readFileSync(file, 'utf8')).version)
})
