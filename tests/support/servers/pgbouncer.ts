import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { findServer } from '../../../scripts/find-program.mjs'
import { fastDirectory } from '../temporary-directory.ts'
import { until } from '../until.ts'
import { freePort } from './free-port.ts'
import { isListening } from './nginx.ts'
import { unprivilegedUser } from './postgres-programs.ts'
import { type OnUnasked, tellOfUnaskedEnd } from './unasked-end.ts'

/** A real PgBouncer, on this machine only, whose server connections are given away after each transaction. */
export interface PgBouncer {
  /** The URL of a database of the server, through it. */
  urlOf(database: string): string
  /** Ends it with all connections of its clients, and starts it again on the same port. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts it before the server that `serverUrl` leads to, with at most `poolSize` connections to each database.
 *
 * @throws Error when there is none
 * @see https://www.pgbouncer.org/config.html
 */
export async function startPgBouncer(
  serverUrl: string,
  { poolSize = 2, onUnasked }: { poolSize?: number; onUnasked?: OnUnasked } = {},
): Promise<PgBouncer> {
  const program = findServer('pgbouncer')
  if (!program) throw new Error('There is no pgbouncer: apt-get install pgbouncer, or brew install pgbouncer')
  const { hostname, port, username, password } = new URL(serverUrl)
  const ownPort = await freePort()
  const directory = await mkdtemp(path.join(fastDirectory(), 'voicepin-pgbouncer-'))
  await chmod(directory, 0o755)
  const users = path.join(directory, 'users')
  await writeFile(users, `"${username}" "${decodeURIComponent(password)}"\n`)
  const configuration = path.join(directory, 'pgbouncer.ini')
  const lines = [
    '[databases]',
    `* = host=${hostname} port=${port}`,
    '[pgbouncer]',
    'pool_mode = transaction',
    'listen_addr = 127.0.0.1',
    `listen_port = ${ownPort}`,
    'unix_socket_dir =',
    'auth_type = scram-sha-256',
    `auth_file = ${users}`,
    'max_client_conn = 300',
    `default_pool_size = ${poolSize}`,
    // As docs/scale.md has it.
    'server_login_retry = 1',
  ]
  await writeFile(configuration, lines.join('\n'))
  const user = await unprivilegedUser()
  const launch = async () => {
    const child = spawn(program, [configuration], { ...user, cwd: '/', stdio: 'ignore' })
    const exited = once(child, 'exit')
    const kill = () => child.kill('SIGKILL')
    process.once('exit', kill)
    await until('PgBouncer to listen', () => isListening(ownPort))
    const asked = tellOfUnaskedEnd(child, onUnasked)
    return async function end() {
      asked()
      process.off('exit', kill)
      child.kill('SIGQUIT')
      await exited
    }
  }
  let end = await launch()
  return {
    urlOf: (database) => `postgres://${username}:${password}@127.0.0.1:${ownPort}/${database}`,
    async restart() {
      await end()
      end = await launch()
    },
    async stop() {
      await end()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
