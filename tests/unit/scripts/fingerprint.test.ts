import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  buildInputs,
  createStamp,
  fingerprintOf,
  isInstalled,
  recallFingerprint,
} from '../../../scripts/fingerprint.mjs'

let root: string

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'voicepin-fingerprint-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function write(file: string, content: unknown) {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
  const isText = typeof content === 'string'
  writeFileSync(path.join(root, file), isText ? content : JSON.stringify(content))
}

describe('the fingerprint of the build', () => {
  beforeEach(() => {
    write('app/page.tsx', 'page')
    write('lib/deep/er/clip.ts', 'clip')
    write('package-lock.json', '{}')
  })

  it('stays the same for the same contents, whenever they were written', () => {
    const before = fingerprintOf(root)
    utimesSync(path.join(root, 'app/page.tsx'), 1, 1)
    expect(fingerprintOf(root)).toBe(before)
  })

  it.each<[string, () => void]>([
    ['a file changes', () => write('lib/deep/er/clip.ts', 'Clip')],
    ['the lock file changes', () => write('package-lock.json', '{"lockfileVersion":3}')],
    ['a file is added', () => write('app/new/page.tsx', '')],
    ['a file goes', () => rmSync(path.join(root, 'app/page.tsx'))],
    ['a file is renamed', () => renameSync(path.join(root, 'app/page.tsx'), path.join(root, 'app/p.tsx'))],
    ['bytes move from one file to the next', () => [write('app/page.tsx', 'pag'), write('app/q.tsx', 'e')]],
  ])('changes when %s', (_, change) => {
    const before = fingerprintOf(root)
    change()
    expect(fingerprintOf(root)).not.toBe(before)
  })

  it('follows links to folders, and to nowhere', () => {
    write('elsewhere/clip.ts', 'clip')
    symlinkSync('../elsewhere', path.join(root, 'app/link'))
    symlinkSync('../nowhere', path.join(root, 'app/broken'))
    const before = fingerprintOf(root)
    write('elsewhere/clip.ts', 'Clip')
    expect(fingerprintOf(root)).not.toBe(before)
  })

  it('does not change with what is not built', () => {
    const before = fingerprintOf(root)
    write('tests/unit/clip.test.ts', 'test')
    write('.temp-audio/catalog.sqlite', 'data')
    expect(fingerprintOf(root)).toBe(before)
  })

  it('covers everything in the repository that holds sources', () => {
    const repository = path.join(import.meta.dirname, '../../..')
    const ownFolders = ['deploy', 'docs', 'scripts', 'tests']
    const notBuilt = [...ownFolders, 'dist', 'node_modules', 'reports', 'vitest.config.ts']
    const sources = readdirSync(repository, { withFileTypes: true })
      .filter(({ name }) => !name.startsWith('.') && !name.endsWith('.d.ts'))
      .filter((entry) => entry.isDirectory() || /\.[cm]?[jt]sx?$/.test(entry.name))
      .map(({ name }) => name)
    expect(sources.filter((name) => !notBuilt.includes(name) && !buildInputs.includes(name))).toEqual([])
  })
})

describe('a fingerprint that is remembered', () => {
  const memory = () => path.join(root, 'cache/fingerprint')
  const recall = () => recallFingerprint(root, memory())
  const now = Date.now()

  beforeEach(() => {
    write('app/page.tsx', 'page')
    write('lib/clip.ts', 'clip')
    // As if the files had been there for a while.
    vi.spyOn(Date, 'now').mockReturnValue(now + 60_000)
  })
  afterEach(() => vi.restoreAllMocks())

  it('is not worked out again', () => {
    expect(recall()).toBe(fingerprintOf(root))
    const facts = readFileSync(memory(), 'utf8').split('\n')[0]
    writeFileSync(memory(), `${facts}\nremembered`)
    expect(recall()).toBe('remembered')
  })

  it('is forgotten when a file is replaced by one of the same size and time', () => {
    recall()
    const { atime, mtime } = statSync(path.join(root, 'lib/clip.ts'))
    write('lib/clip.ts', 'Clip')
    utimesSync(path.join(root, 'lib/clip.ts'), atime, mtime)
    expect(recall()).toBe(fingerprintOf(root))
  })

  it.each<[string, () => void]>([
    ['a file is added', () => write('app/new.tsx', '')],
    ['a file goes', () => rmSync(path.join(root, 'lib/clip.ts'))],
    ['a file is renamed', () => renameSync(path.join(root, 'lib/clip.ts'), path.join(root, 'lib/c.ts'))],
    ['the memory is torn', () => writeFileSync(memory(), 'fa')],
  ])('is forgotten when %s', (_, change) => {
    recall()
    change()
    expect(recall()).toBe(fingerprintOf(root))
  })

  it('is not kept of files that were just written to', () => {
    vi.mocked(Date.now).mockReturnValue(now)
    recall()
    expect(existsSync(memory())).toBe(false)
  })
})

describe('a stamp', () => {
  it('matches only the fingerprint that it was written with, until it is removed', () => {
    const stamp = createStamp(path.join(root, 'stamp'))
    expect(stamp.matches('a')).toBe(false)
    stamp.write('a')
    expect(stamp.matches('a')).toBe(true)
    expect(stamp.matches('b')).toBe(false)
    stamp.remove()
    expect(stamp.matches('a')).toBe(false)
    stamp.remove()
  })
})

describe('the installed dependencies', () => {
  const zod = { version: '4.6.7', integrity: 'sha512-zod' }
  const install = (packages: object) => write('node_modules/.package-lock.json', { packages })
  const want = (packages: object) => write('package-lock.json', { packages: { '': {}, ...packages } })

  it('are there when npm has finished with all of them', () => {
    want({ 'node_modules/zod': zod })
    install({ 'node_modules/zod': zod })
    expect(isInstalled(root)).toBe(true)
  })

  it.each([
    ['nothing is installed', undefined],
    ['one is missing', {}],
    ['one has another version', { 'node_modules/zod': { ...zod, version: '4.6.6' } }],
    ['one has other contents', { 'node_modules/zod': { ...zod, integrity: 'sha512-other' } }],
  ])('are not there when %s', (_, packages) => {
    want({ 'node_modules/zod': zod })
    if (packages) install(packages)
    expect(isInstalled(root)).toBe(false)
  })

  it('are not there when npm was interrupted in the middle of its record', () => {
    want({ 'node_modules/zod': zod })
    write('node_modules/.package-lock.json', '{"packages":{"node_mod')
    expect(isInstalled(root)).toBe(false)
  })

  it('may lack the packages of other platforms', () => {
    want({ 'node_modules/zod': zod, 'node_modules/swc-win32': { version: '1.0.0', optional: true } })
    install({ 'node_modules/zod': zod })
    expect(isInstalled(root)).toBe(true)
  })

  it.each(['dev', 'peer'])('may lack those of a kind that is omitted (%s), and only those', (kind) => {
    const other = kind === 'dev' ? 'peer' : 'dev'
    want({ 'node_modules/zod': zod, 'node_modules/vitest': { version: '5.1.1', [kind]: true } })
    install({ 'node_modules/zod': zod })
    expect(isInstalled(root)).toBe(false)
    expect(isInstalled(root, [other])).toBe(false)
    expect(isInstalled(root, [kind])).toBe(true)
    expect(isInstalled(root, [kind, other])).toBe(true)
  })

  it('are not there when one that is not omitted is missing beside one that is', () => {
    want({ 'node_modules/zod': zod, 'node_modules/vitest': { version: '5.1.1', dev: true } })
    install({ 'node_modules/vitest': { version: '5.1.1', dev: true } })
    expect(isInstalled(root, ['dev'])).toBe(false)
  })
})
