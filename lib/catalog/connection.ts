import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { describeError } from '../errors.ts'
import { named } from '../same-everywhere.ts'
import { migrationProvider } from './migrations/index.ts'
import type { Schema } from './schema.ts'

/** A database that is open. */
export interface Connection {
  db: Kysely<Schema>
  /** Whether `db` still is the database that its address names; `false` after a file was replaced, for one. */
  isCurrent(): boolean
  /** Runs `work` in one transaction that outlives a crash of the machine, with all that was committed before it. */
  durably<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T>
}

/** A way to a database, and what its errors mean. */
export interface Connector {
  open(): Connection
  /** Whether `error` means that its connection will never work again, so that a new one is worth a try. */
  isBroken(error: unknown): boolean
  /** Whether `error` means that another process holds the lock, so that nothing has been done. */
  isBusy(error: unknown): boolean
}

/** How long a locked database is asked again before the work fails, and how often. */
const PATIENCE_MS = 2000
const PAUSE_MS = 25

/** The catalog cannot be used now: locked, damaged, read-only, gone. */
export class CatalogError extends Error {
  override readonly name = 'CatalogError'
}

export const isCatalogError = named<CatalogError>('CatalogError')

export interface Database {
  /** Runs `work` on an open and migrated database; again where that was locked. @throws CatalogError */
  run<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T>
  /** The same inside one transaction. A crash of the process does not undo it; one of the machine may. @throws CatalogError */
  transaction<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T>
  /** The same inside one transaction that nothing undoes, nor what was committed before it. @throws CatalogError */
  durably<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** A database that is opened at its first use, and again after it broke: no restart is needed to recover. */
export function createDatabase({ open, isBroken, isBusy }: Connector): Database {
  let opening: Promise<Connection> | undefined

  async function connect(): Promise<Connection> {
    const connection = open()
    try {
      await migrate(connection.db)
    } catch (error) {
      await connection.db.destroy().catch(() => {})
      throw error
    }
    return connection
  }

  /** Lets go of `old`, unless another connection is in its place already. */
  function forget(old: Promise<Connection>) {
    if (opening !== old) return
    opening = undefined
    old.then((connection) => connection.db.destroy()).catch(() => {})
  }

  async function runOnce<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const known = opening
    if (known && !(await known.catch(() => undefined))?.isCurrent()) forget(known)
    opening ??= connect()
    const used = opening
    try {
      return await work(await used)
    } catch (error) {
      if (isBroken(error)) forget(used)
      throw error
    }
  }

  async function run<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      try {
        return await runOnce(work)
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) {
          throw new CatalogError(`The catalog failed: ${describeError(error)}`, { cause: error })
        }
        await sleep(PAUSE_MS)
      }
    }
  }

  return {
    run: (work) => run(({ db }) => work(db)),
    transaction: (work) => run(({ db }) => db.transaction().execute(work)),
    durably: (work) => run((connection) => connection.durably(work)),
    async close() {
      const connection = await opening?.catch(() => undefined)
      opening = undefined
      await connection?.db.destroy()
    },
  }
}

async function migrate(db: Kysely<Schema>) {
  const { error } = await new Migrator({
    db,
    provider: migrationProvider,
    allowUnorderedMigrations: true,
  }).migrateToLatest()
  if (error) throw error
}
