import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { hasCode } from './has-code.mjs'

/** Everything that is built: what changes here makes the last build stale. */
export const buildInputs = [
  'app',
  'bin',
  'lib',
  'public',
  'instrumentation.ts',
  'next.config.mjs',
  'package-lock.json',
  'proxy.ts',
  'scripts/bundle.mjs',
  'tsconfig.json',
]

/**
 * One hash over the names and contents of all files at or under `inputs`, as hexadecimal digits.
 *
 * An input that does not exist counts as empty; modification times do not matter.
 *
 * @param {string} root
 */
export function fingerprintOf(root, inputs = buildInputs) {
  const hash = createHash('sha256')
  for (const file of inputs.flatMap((input) => filesAt(root, input))) {
    const bytes = readFileSync(path.join(root, file))
    // With the size nothing can pass for the name of the next file.
    hash.update(`${file}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex')
}

/** A file that was written to so recently may be written to again without its times showing it. */
const UNSETTLED_MS = 2000

/**
 * The same, from `memory` where the file system says of no file that it was changed since: to ask takes a tenth of the time
 * of reading them. Modification times alone would not do, since tools that copy set them; `ctime` no tool can set.
 *
 * @param {string} root
 * @param {string} memory a file
 */
export function recallFingerprint(root, memory, inputs = buildInputs) {
  const { facts, changedAt } = factsOf(root, inputs)
  const [knownFacts, known] = readText(memory)?.split('\n') ?? []
  if (known && knownFacts === facts) return known
  const fingerprint = fingerprintOf(root, inputs)
  if (changedAt > Date.now() - UNSETTLED_MS) return fingerprint
  try {
    mkdirSync(path.dirname(memory), { recursive: true })
    writeFileSync(memory, `${facts}\n${fingerprint}`)
  } catch {
    // On a disk that takes nothing each start reads all files.
  }
  return fingerprint
}

/**
 * @param {string} root
 * @param {string[]} inputs
 */
function factsOf(root, inputs) {
  let changedAt = 0
  const lines = inputs
    .flatMap((input) => filesAt(root, input))
    .map((file) => {
      const { ino, size, mtimeMs, ctimeMs } = statSync(path.join(root, file))
      changedAt = Math.max(changedAt, ctimeMs)
      return [file, ino, size, mtimeMs, ctimeMs].join('\0')
    })
  return { facts: createHash('sha256').update(lines.join('\0')).digest('hex'), changedAt }
}

/**
 * @param {string} root
 * @param {string} relative
 * @returns {string[]}
 */
function filesAt(root, relative) {
  const found = statSync(path.join(root, relative), { throwIfNoEntry: false })
  return found?.isDirectory() ? filesIn(root, relative) : found ? [relative] : []
}

/**
 * @param {string} root
 * @param {string} folder
 * @returns {string[]}
 */
function filesIn(root, folder) {
  const entries = readdirSync(path.join(root, folder), { withFileTypes: true })
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = `${folder}/${entry.name}`
      if (entry.isDirectory()) return filesIn(root, file)
      return entry.isSymbolicLink() ? filesAt(root, file) : [file]
    })
}

/**
 * A file that says what its folder was made from; it is written last, so half a folder never has one.
 *
 * @param {string} file
 */
export function createStamp(file) {
  return {
    /** @param {string} fingerprint */
    matches: (fingerprint) => readText(file) === fingerprint,
    /** @param {string} fingerprint */
    write: (fingerprint) => writeFileSync(file, fingerprint),
    remove: () => rmSync(file, { force: true }),
  }
}

/** @param {string} file */
function readText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/**
 * Whether `node_modules` under `root` holds what `package-lock.json` asks for, except the kinds of packages in `omitted`
 * (npm's `--omit`): `dev`, `peer`.
 *
 * npm writes `node_modules/.package-lock.json` as the last act of every installation, so an interrupted one
 * has none. Packages of other platforms are optional and may be missing.
 *
 * @param {string} root
 * @param {string[]} omitted
 */
export function isInstalled(root, omitted = []) {
  const installed = readPackages(path.join(root, 'node_modules/.package-lock.json'))
  if (!installed) return false
  const wanted = Object.entries(readPackages(path.join(root, 'package-lock.json')) ?? {})
  return wanted.every(([name, entry]) => {
    if (name === '' || omitted.some((kind) => entry[kind])) return true
    const found = installed[name]
    if (!found) return Boolean(entry.optional)
    return found.version === entry.version && found.integrity === entry.integrity
  })
}

/**
 * The folders of the packages that only tests and checks have, by `package-lock.json` under `root`.
 *
 * @param {string} root
 */
export function devPackages(root) {
  const packages = Object.entries(readPackages(path.join(root, 'package-lock.json')) ?? {})
  return packages.filter(([, { dev }]) => dev).map(([folder]) => folder)
}

/** @typedef {{ version?: string, integrity?: string, [flag: string]: unknown }} LockedPackage with flags such as `dev` */

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage> | undefined}
 */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch (error) {
    if (hasCode(error, 'ENOENT') || error instanceof SyntaxError) return undefined
    throw error
  }
}
