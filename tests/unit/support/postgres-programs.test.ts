import { execFile } from 'node:child_process'
import { access, chmod, cp, lstat, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { lacking } from '../../support/lacking.ts'
import {
  nativeDirectory,
  postgresPrograms,
  unprivilegedUser,
} from '../../support/servers/postgres-programs.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const run = promisify(execFile)
const isRoot = process.getuid?.() === 0

/** The package as npm leaves it when it may not run install scripts: without the links among its libraries. */
async function freshPackage(mode: number): Promise<string> {
  const parent = await temporaryDirectory()
  const native = path.join(parent, 'native')
  await cp(nativeDirectory(), native, { recursive: true, verbatimSymlinks: true })
  for (const name of await readdir(path.join(native, 'lib'))) {
    const file = path.join(native, 'lib', name)
    if ((await lstat(file)).isSymbolicLink()) await rm(file)
  }
  await chmod(parent, mode)
  return native
}

describe('the programs of Postgres', () => {
  it('run where they are, and get the links that an install script would have made', async () => {
    const native = await freshPackage(0o755)
    const user = await unprivilegedUser()
    const { initdb, postgres, discard } = await postgresPrograms(user, native)
    expect(postgres).toBe(path.join(native, 'bin/postgres'))
    expect((await run(initdb, ['--version'], { ...user, cwd: '/' })).stdout).toContain('PostgreSQL')
    await discard()
    await access(postgres)
  })

  it.skipIf(lacking(isRoot, 'only root starts servers as another user'))(
    'run as a copy out of a folder that the server’s user may not enter',
    async () => {
      const native = await freshPackage(0o700)
      const user = await unprivilegedUser()
      expect(user.uid).toBeGreaterThan(0)
      const { initdb, postgres, discard } = await postgresPrograms(user, native)
      expect(postgres.startsWith(native)).toBe(false)
      expect((await run(initdb, ['--version'], { ...user, cwd: '/' })).stdout).toContain('PostgreSQL')
      await discard()
      await expect(access(postgres)).rejects.toThrow('ENOENT')
    },
  )

  it('say what is wrong where they cannot run at all', async () => {
    const native = await freshPackage(0o755)
    await rm(path.join(native, 'bin/initdb'))
    await expect(postgresPrograms(await unprivilegedUser(), native)).rejects.toThrow('initdb')
  })
})
