import { existsSync, globSync, readFileSync } from 'node:fs'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import path from 'node:path'
import nft from 'next/dist/compiled/@vercel/nft/index.js'
import { devPackages } from './fingerprint.mjs'
import { hasCode } from './has-code.mjs'

/** What packages load where it is installed, and do without elsewhere. */
const optional = new Set([
  '@valkey/valkey-glide',
  'bufferutil',
  'cloudflare:sockets',
  'encoding',
  'pg-native',
  'supports-color',
  'utf-8-validate',
])
/** A file that the code finds by its package's name and reads. */
const resolvedByName = /import\.meta\.resolve\('([^']+)'\)/g

/** The routes: Next.js finds them by their names. @param {string} root */
export const routeEntries = (root) =>
  globSync(['app/**/route.ts', 'app/.*/**/route.ts'], { cwd: root }).sort()

/** The files that run in threads: no import leads to them. @param {string} root */
export const threadEntries = (root) => globSync('lib/**/*worker.ts', { cwd: root }).sort()

/**
 * Everything that `entries` load when they run, they themselves included, as sorted paths from `root`.
 *
 * Next.js and React are left out: Next.js traces them itself. So is what only tests have, which a package may load where
 * it is installed.
 *
 * @param {string} root
 * @param {string[]} entries
 * @throws when something that is loaded cannot be found
 */
export async function traceFiles(root, entries) {
  const paths = entries.map((entry) => path.join(root, entry))
  const ignored = ['next', 'react', 'react-dom']
    .map((name) => `node_modules/${name}`)
    .concat(devPackages(root))
  const { fileList, warnings } = await nft.nodeFileTrace(paths, {
    base: root,
    processCwd: root,
    ignore: (file) => ignored.some((folder) => file.startsWith(`${folder}/`)),
    readFile: (file) => readSource(path.resolve(root, file)),
  })
  const problems = [...warnings].map(({ message }) => message).filter((message) => !isOptional(message))
  if (problems.length > 0) throw new Error(`Some of what is loaded is not there:\n${problems.join('\n')}`)
  const readByName = [...fileList]
    .filter((file) => file.startsWith('lib/') && file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(path.join(root, file), 'utf8').matchAll(resolvedByName)])
    .flatMap(([, name = '']) => filesOfPackage(root, name))
  return [...new Set([...fileList, ...readByName])].sort()
}

/** @param {string} message */
const isOptional = (message) => optional.has(/resolve dependency "([^"]+)"/.exec(message)?.[1] ?? '')

/** A source as Node.js sees it. `null` where there is no such file. @param {string} file */
function readSource(file) {
  try {
    const bytes = readFileSync(file)
    if (file.endsWith('.ts')) return stripTypeScriptTypes(bytes.toString())
    return path.basename(file) === 'package.json' ? withoutAbsentModules(file, bytes.toString()) : bytes
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'EISDIR')) return null
    throw error
  }
}

/**
 * The tracer gives up at an export condition `module-sync` that names a file which the package does not have; Node.js
 * never looks for it.
 *
 * @param {string} file
 * @param {string} text
 */
function withoutAbsentModules(file, text) {
  return text.replaceAll(/"module-sync"(:\s*"([^"]+)")/g, (whole, rest, target) =>
    existsSync(path.join(path.dirname(file), target)) ? whole : `"absent"${rest}`,
  )
}

/**
 * @param {string} root
 * @param {string} name
 */
function filesOfPackage(root, name) {
  const file = createRequire(path.join(root, 'package.json')).resolve(name)
  let folder = path.dirname(file)
  while (!existsSync(path.join(folder, 'package.json'))) folder = path.dirname(folder)
  return [file, path.join(folder, 'package.json')].map((found) => path.relative(root, found))
}
