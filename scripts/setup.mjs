import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import { createStamp, isInstalled, recallFingerprint } from './fingerprint.mjs'
import { withLock } from './lock.mjs'
import { runInstead, runStep, StepError, say } from './process.mjs'

export const root = path.resolve(import.meta.dirname, '..')
const MINIMUM_NODE = 24
const binaries = path.join(root, 'node_modules/.bin')
const ownNode = path.join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node')
const lockFile = path.join(root, '.setup.lock')
const pagesStamp = createStamp(path.join(root, '.next/fingerprint'))
/** What is built of the programs and the routes. */
export const programs = path.join(root, 'dist')
const programsStamp = createStamp(path.join(programs, 'fingerprint'))

/** The Node.js that runs everything: this one if it is new enough, else the one among the dependencies. */
export function nodePath() {
  return isNewEnough() ? process.execPath : ownNode
}

const isNewEnough = () => Number(process.versions.node.split('.')[0]) >= MINIMUM_NODE
const isOwnNode = () => process.execPath.startsWith(path.join(root, 'node_modules'))
const needsOwnNode = () => isOwnNode() || !isNewEnough()

/**
 * The environment for programs of `node_modules/.bin`.
 *
 * @param {Record<string, string>} extra
 * @returns {NodeJS.ProcessEnv}
 */
export function toolEnvironment(extra = {}) {
  const PATH = [path.dirname(nodePath()), binaries, process.env.PATH].join(path.delimiter)
  return { ...process.env, NEXT_TELEMETRY_DISABLED: '1', PATH, ...extra }
}

/** Where every process finds what those before it have compiled: it starts in two thirds of the time. */
export const compileCache = path.join(root, 'node_modules/.cache/node')

/** That of the sources here. */
const fingerprint = () => recallFingerprint(root, path.join(root, 'node_modules/.cache/fingerprint'))

/** A program of `node_modules/.bin`, by name. @param {string} name */
export const tool = (name) => path.join(binaries, name)

/**
 * Variables by which a program gives memory back that it needs no more: a small young generation, one heap of the C library
 * for all threads, and what sockets read into (64 KiB) from the system itself. Without them 200 clips of 10 MB at once leave
 * 260 MiB behind. A clip of 48 KB takes as long as without; one of 10 MB two to three times the processor time where
 * the system takes long to give a page (0.4 s in place of 0.14 on a virtual machine): who has many of these and memory for
 * them sets `MALLOC_MMAP_THRESHOLD_=131072`.
 *
 * @param {Record<string, string | undefined>} given those of the operator count more
 * @see https://man7.org/linux/man-pages/man3/mallopt.3.html
 */
export const thriftyMemory = (given = {}) => ({
  MALLOC_ARENA_MAX: given.MALLOC_ARENA_MAX || '1',
  MALLOC_MMAP_THRESHOLD_: given.MALLOC_MMAP_THRESHOLD_ || '65536',
  MALLOC_TRIM_THRESHOLD_: given.MALLOC_TRIM_THRESHOLD_ || '131072',
  NODE_OPTIONS: `--max-semi-space-size=16 ${given.NODE_OPTIONS ?? ''}`.trim(),
})

/**
 * Runs one of the project's programs as in production, in the place of this process where that can be.
 *
 * @param {string} file
 * @param {string[]} args
 * @returns its exit code
 */
export async function runProgram(file, args = []) {
  // What a benchmark compares with the service must not inherit how that is run.
  const memory = file.startsWith('tests/') ? {} : thriftyMemory(process.env)
  const own = { NODE_ENV: 'production', NODE_COMPILE_CACHE: compileCache }
  const env = toolEnvironment({ ...own, ...memory })
  return runInstead([nodePath(), file, ...args], { cwd: root, env })
}

/**
 * Installs what `package-lock.json` asks for, as far as it is needed and not there yet.
 *
 * Node.js itself is a peer dependency, and installed only where the one at hand is too old.
 *
 * @param {{ dev?: boolean }} needs `dev`: also what only tests and checks use
 */
export async function ensureDependencies({ dev = false } = {}) {
  const omitted = [...(dev ? [] : ['dev']), ...(needsOwnNode() ? [] : ['peer'])]
  const isReady = () => isInstalled(root, omitted) && (!needsOwnNode() || existsSync(ownNode))
  await once(isReady, () => install(omitted))
  if (!isReady()) {
    throw new StepError(
      `Node.js ${MINIMUM_NODE} is missing: npm installed no package "node" (does your npm forbid install scripts?)`,
    )
  }
}

/** @param {string[]} omitted kinds of packages */
async function install(omitted) {
  const { command, args, env } = npm()
  // `npm ci` removes everything first, even from under a service that runs; where only something is missing, it is added.
  const verb = isInstalled(root, ['dev', 'peer']) ? ['install', '--no-save'] : ['ci']
  const kinds = ['dev', 'peer'].map((kind) => `--${omitted.includes(kind) ? 'omit' : 'include'}=${kind}`)
  const quiet = ['--loglevel=error', '--no-audit', '--no-fund']
  await runStep('Installing dependencies', command, [...args, ...verb, ...kinds, ...quiet], {
    cwd: root,
    env,
  })
  removeHeaders()
}

/** A third of the package with Node.js are C headers and manuals: 63 MB, and nothing here is compiled. */
function removeHeaders() {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const folder = path.join(root, `node_modules/node/node_modules/node-${platform}-${process.arch}`)
  for (const name of ['include', 'share']) rmSync(path.join(folder, name), { recursive: true, force: true })
}

/**
 * Builds the application unless the last build was made from the same sources.
 *
 * A stamp is removed before its part of the build and written after it, so that an interrupted build is made again.
 */
export async function ensureBuild() {
  await once(() => {
    const current = fingerprint()
    return pagesStamp.matches(current) && programsStamp.matches(current)
  }, build)
}

/** Builds the application in any case. */
export async function build() {
  const current = fingerprint()
  pagesStamp.remove()
  const env = toolEnvironment({ NODE_ENV: 'production' })
  await runStep('Building', tool('next'), ['build'], { cwd: root, env })
  pagesStamp.write(current)
  await buildPrograms(current)
}

/** Builds the programs and the routes alone, which takes a second, unless they are built from the same sources. */
export async function ensurePrograms() {
  await once(
    () => programsStamp.matches(fingerprint()),
    () => buildPrograms(fingerprint()),
  )
}

/** @param {string} current */
async function buildPrograms(current) {
  programsStamp.remove()
  // By the Node.js that will run them: the one at hand may be too old for their sources.
  await runStep('Building the programs', nodePath(), ['scripts/build-programs.mjs'], { cwd: root })
  programsStamp.write(current)
}

/**
 * Does `work` unless `isDone()`, with a lock against others who want to do the same.
 *
 * @param {() => boolean} isDone
 * @param {() => Promise<void>} work
 */
async function once(isDone, work) {
  if (isDone()) return
  await withLock(lockFile, async () => isDone() || (await work()), {
    onWait: () => say('Waiting for another set-up of this folder…\n'),
  })
}

/** npm as it was started, but not run by the Node.js in `node_modules`, which it may replace. */
function npm() {
  const PATH = (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => path.resolve(folder) !== binaries)
    .join(path.delimiter)
  const env = { ...process.env, PATH }
  const cli = process.env.npm_execpath
  if (!cli?.endsWith('npm-cli.js')) return { command: 'npm', args: [], env }
  return { command: isOwnNode() ? 'node' : process.execPath, args: [cli], env }
}
