import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundlePrograms } from '../../../scripts/bundle.mjs'

const project = path.resolve(import.meta.dirname, '../../..')
/** What stays in files of its own, so that it may be replaced (THIRD_PARTY_NOTICES). */
const replaceable = ['mpg123-decoder', 'wasm-media-encoders', '@mediabunny/aac-encoder']

const filesIn = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()

describe('what is built of the programs', () => {
  let built: string
  let texts: string[]

  beforeAll(async () => {
    built = mkdtempSync(path.join(tmpdir(), 'voicepin-built-'))
    await bundlePrograms(project, built)
    texts = filesIn(built)
      .filter((file) => file.endsWith('.js'))
      .map((file) => readFileSync(path.join(built, file), 'utf8'))
  })

  afterAll(() => rmSync(built, { recursive: true }))

  it('has the server, the worker and every route under its own name', () => {
    const routes = filesIn(path.join(project, 'app')).filter((file) => path.basename(file) === 'route.ts')
    const expected = ['bin/server.ts', 'bin/worker.ts', ...routes.map((file) => `app/${file}`)]
    expect(filesIn(built)).toEqual(
      expect.arrayContaining(expected.map((file) => file.replace(/\.ts$/, '.js'))),
    )
  })

  it('has no package that looks for files beside its own', () => {
    expect(texts.filter((text) => /\b__(?:dir|file)name\b/.test(text))).toEqual([])
  })

  it('has no package that others may replace', () => {
    const inside = replaceable.filter((name) => texts.some((text) => text.includes(`node_modules/${name}/`)))
    expect(inside).toEqual([])
  })
})
