import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
} from 'node:fs'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { ServiceOutput } from '../service-output.ts'
import { canMount } from '../small-disk.ts'
import { type FinalStage, readFinalStage } from './dockerfile.ts'

const project = path.resolve(import.meta.dirname, '../../..')
/** Somebody without any rights. */
const NOBODY = 65534
/** Where the image's own Node.js is put. */
const NODE_FOLDER = '/node'

/** The files of the container image in a folder of this machine, and its programs run on nothing else. */
export interface Image {
  readonly stage: FinalStage
  /** Where the image's files are on this machine. */
  readonly folder: string
  /** What the final stage adds to its base image. */
  readonly sizeBytes: number
  /** Whether its programs see no file but the image's and the operating system's, and can write none but their own. */
  readonly isSealed: boolean
  start(command: string[], environment: Record<string, string>): Contained
  remove(): Promise<void>
}

/** A program that runs in the image. */
export interface Contained {
  readonly output: ServiceOutput
  /** Its exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>
  /** Runs a command beside it, with the same environment. Gives its exit code. */
  run(command: string[]): Promise<number>
  /** As `docker stop` does. */
  stop(): Promise<number | string>
}

/** Lays out what the Dockerfile's final stage copies. Needs the built service. */
export async function layOutImage(): Promise<Image> {
  const stage = readFinalStage(path.join(project, 'Dockerfile'))
  await promisify(execFile)(process.execPath, ['scripts/standalone.mjs'], { cwd: project })
  const root = await mkdtemp(path.join(tmpdir(), 'voicepin-image-'))
  chmodSync(root, 0o755)
  for (const { from, to } of stage.copies) {
    for (const source of from) copyInto(root, stage, source, to)
  }
  const sizeBytes = sizeOf(root)
  for (const folder of stage.ownFolders) {
    mkdirSync(path.join(root, folder))
    if (process.getuid?.() === 0) chownSync(path.join(root, folder), NOBODY, NOBODY)
  }
  if (canMount) await addMountPoints(root)
  const children = new Set<ChildProcess>()

  function launch(command: string[], environment: Record<string, string>): ChildProcess {
    const all = { ...stage.environment, ...environment }
    const child = canMount ? spawnSealed(root, stage, command, all) : spawnPlain(root, stage, command, all)
    children.add(child)
    child.once('exit', () => children.delete(child))
    return child
  }
  process.once('exit', () => {
    for (const child of children) child.kill('SIGKILL')
  })

  return {
    stage,
    folder: root,
    sizeBytes,
    isSealed: canMount,
    start(command, environment) {
      const output = new ServiceOutput()
      const child = launch(command, environment)
      output.read(child)
      const exited = once(child, 'close').then(([code, signal]) => code ?? signal)
      return {
        output,
        exited,
        async run(beside) {
          const [code] = await once(launch(beside, environment), 'exit')
          return code
        },
        stop() {
          child.kill(stage.stopSignal as NodeJS.Signals)
          return exited
        },
      }
    },
    async remove() {
      await Promise.all([...children].map((child) => child.kill('SIGKILL') && once(child, 'exit')))
      await rm(root, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** As COPY does: a folder's content, or a file into a folder. In the build stage the project is the working directory. */
function copyInto(root: string, { workdir }: FinalStage, source: string, to: string) {
  const origin = path.join(project, path.relative(workdir, source))
  const target = path.resolve('/', workdir, to)
  const isFolder = lstatSync(origin).isDirectory()
  const place = path.join(root, isFolder ? target : path.join(target, path.basename(source)))
  cpSync(origin, place, { recursive: true, verbatimSymlinks: true })
}

function sizeOf(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  return entries.reduce((sum, entry) => sum + lstatSync(path.join(entry.parentPath, entry.name)).size, 0)
}

const systemFolders = ['usr', 'bin', 'lib', 'lib64', 'proc', 'dev']

/** Node.js needs the system's libraries; nothing else is there. */
async function addMountPoints(root: string) {
  for (const name of systemFolders.filter((folder) => existsSync(`/${folder}`))) {
    const place = path.join(root, name)
    if (lstatSync(`/${name}`).isSymbolicLink()) await symlink(readlinkSync(`/${name}`), place)
    else mkdirSync(place)
  }
  mkdirSync(path.join(root, 'tmp'))
  mkdirSync(path.join(root, NODE_FOLDER))
  cpSync(process.execPath, path.join(root, NODE_FOLDER, 'node'))
}

const seal = `
root=$1; workdir=$2; shift 2
mount --bind "$root" "$root"
for name in ${systemFolders.join(' ')}; do
  if [ -d "$root/$name" ] && [ ! -L "$root/$name" ]; then mount --rbind "/$name" "$root/$name"; fi
done
while [ "$1" != -- ]; do mount --bind "$root/$1" "$root/$1"; shift; done; shift
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -o remount,bind,ro "$root"
exec chroot --userspec=${NOBODY}:${NOBODY} "$root" /usr/bin/env --ignore-environment --chdir="$workdir" "$@"
`

/** In name spaces of its own: as nobody, on a read-only root that has the image's files and no others. */
function spawnSealed(
  root: string,
  stage: FinalStage,
  command: string[],
  environment: Record<string, string>,
) {
  // As an engine does where it does not know the user.
  const variables = { PATH: NODE_FOLDER, HOME: '/', ...environment }
  const pairs = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  const args = [root, stage.workdir, ...stage.ownFolders, '--', ...pairs, ...command]
  return spawn('unshare', ['--mount', 'sh', '-euc', seal, 'sh', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function spawnPlain(root: string, stage: FinalStage, command: string[], environment: Record<string, string>) {
  const [program = '', ...args] = command
  const isOwn = (value: string) => stage.ownFolders.some((folder) => value.startsWith(folder))
  const entries = Object.entries(environment).map(([name, value]) => [
    name,
    isOwn(value) ? root + value : value,
  ])
  return spawn(program === 'node' ? process.execPath : program, args, {
    cwd: path.join(root, stage.workdir),
    env: Object.fromEntries(entries),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
