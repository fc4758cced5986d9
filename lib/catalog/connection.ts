import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { describeError } from '../errors.ts'
import { migrationProvider } from './migrations/index.ts'
import type { Schema } from './schema.ts'

/** A database that is open. */
export interface Connection {
  db: Kysely<Schema>
  /** Whether `db` still is the database that its address names; `false` after a file was replaced, for one. */
  isCurrent(): boolean
  /** Whether `error` means that this connection will never work again, so that a new one is worth a try. */
  isBroken(error: unknown): boolean
}

/** The catalog cannot be used now: locked, damaged, read-only, gone. */
export class CatalogError extends Error {
  override readonly name = 'CatalogError'
}

export interface Database {
  /** Runs `work` on an open and migrated database. @throws CatalogError */
  run<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T>
  /** The same inside one transaction. @throws CatalogError */
  transaction<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** A database that is opened at its first use, and again after it broke: no restart is needed to recover. */
export function createDatabase(open: () => Connection): Database {
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

  function forget() {
    const old = opening
    opening = undefined
    old?.then((connection) => connection.db.destroy()).catch(() => {})
  }

  async function current(): Promise<Connection> {
    if (opening && !(await opening.catch(() => undefined))?.isCurrent()) forget()
    opening ??= connect()
    return opening
  }

  async function run<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T> {
    let connection: Connection | undefined
    try {
      connection = await current()
      return await work(connection.db)
    } catch (error) {
      if (!connection || connection.isBroken(error)) forget()
      throw new CatalogError(`The catalog failed: ${describeError(error)}`, { cause: error })
    }
  }

  return {
    run,
    transaction: (work) => run((db) => db.transaction().execute(work)),
    async close() {
      const connection = await opening?.catch(() => undefined)
      opening = undefined
      await connection?.db.destroy()
    },
  }
}

async function migrate(db: Kysely<Schema>) {
  const { error } = await new Migrator({ db, provider: migrationProvider }).migrateToLatest()
  if (error) throw error
}
