import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import configure from '../../../next.config.mjs'
import { threadEntries, traceFiles } from '../../../scripts/trace.mjs'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const project = path.resolve(import.meta.dirname, '../../..')

async function folderWith(files: Record<string, string>): Promise<string> {
  const root = await temporaryDirectory()
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.join(root, path.dirname(name)), { recursive: true })
    await writeFile(path.join(root, name), text)
  }
  return root
}

describe('the files that a program loads', () => {
  it('are found through types, lazy imports and what is read by its name', async () => {
    const root = await folderWith({
      'package.json': '{"type":"module"}',
      'server.ts': "import { type A, a } from './lib/a.ts'\nconst lazy: A = a(() => import('lazy'))",
      'lib/a.ts':
        "import { readFileSync } from 'node:fs'\nexport type A = string\nreadFileSync(import.meta.resolve('bytes'))\nexport const a = String",
      'lib/b.ts': '',
      'node_modules/lazy/package.json': '{"name":"lazy","main":"lazy.js"}',
      'node_modules/lazy/lazy.js': '',
      'node_modules/bytes/package.json': '{"name":"bytes","main":"data/bytes.wasm"}',
      'node_modules/bytes/data/bytes.wasm': '',
    })
    expect(await traceFiles(root, ['server.ts'])).toEqual([
      'lib/a.ts',
      'node_modules/bytes/data/bytes.wasm',
      'node_modules/bytes/package.json',
      'node_modules/lazy/lazy.js',
      'node_modules/lazy/package.json',
      'package.json',
      'server.ts',
    ])
  })

  it('are found where a package names a file for others that it does not have', async () => {
    const exports = { import: './there.js', 'module-sync': './absent.js' }
    const root = await folderWith({
      'package.json': '{"type":"module"}',
      'server.ts': "import 'half'",
      'node_modules/half/package.json': JSON.stringify({ name: 'half', type: 'module', exports }),
      'node_modules/half/there.js': '',
    })
    expect(await traceFiles(root, ['server.ts'])).toContain('node_modules/half/there.js')
  })

  it('are found without what only tests have', async () => {
    const root = await folderWith({
      'package.json': '{"type":"module"}',
      'package-lock.json': JSON.stringify({
        packages: { 'node_modules/colours': { dev: true }, 'node_modules/colours-too': {} },
      }),
      'server.ts': "import 'colours'\nimport 'colours-too'",
      'node_modules/colours/package.json': '{"name":"colours","main":"index.js"}',
      'node_modules/colours/index.js': '',
      'node_modules/colours-too/package.json': '{"name":"colours-too","main":"index.js"}',
      'node_modules/colours-too/index.js': '',
    })
    expect(await traceFiles(root, ['server.ts'])).toEqual([
      'node_modules/colours-too/index.js',
      'node_modules/colours-too/package.json',
      'package.json',
      'server.ts',
    ])
  })

  it('are all there, or it is said which is not', async () => {
    const root = await folderWith({ 'server.ts': "import 'forgotten'" })
    await expect(traceFiles(root, ['server.ts'])).rejects.toThrow('forgotten')
  })
})

it('what the threads load goes along with every route', async () => {
  const patterns = Object.values(configure('').outputFileTracingIncludes ?? {}).flat()
  const files = await traceFiles(project, threadEntries(project))
  const isLeftOut = (file: string) => !patterns.some((pattern) => path.matchesGlob(file, pattern))
  expect(files.filter((file) => file !== 'package.json' && isLeftOut(file))).toEqual([])
})
