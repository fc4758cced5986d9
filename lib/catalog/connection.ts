import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { describeError, markedError } from '#lib/platform/errors.ts'
import type { Schema } from './schema.ts'

type Work<T> = (db: Kysely<Schema>) => Promise<T>

export interface TransactionOptions {
  /** No two transactions of one name run at once, in however many processes. */
  exclusive?: string
  /** A crash of the database may undo it: for what is written again where it is needed. */
  allowAsyncCommit?: boolean
}

/** A database that is open and has its tables. */
export interface Connection {
  db: Kysely<Schema>
  /** Whether one statement can change several tables: `with … as (update …), … as (insert …)`. */
  hasWritingCtes: boolean
  /** Another text after each commit, whoever has made it, and the same while there is none. */
  changeMark(): Promise<string>
  /** Whether `db` still is the database that its address names; `false` after a file was replaced, for one. */
  isCurrent(): boolean
  /** Runs `work` in one transaction. */
  transaction<T>(work: Work<T>, options: TransactionOptions): Promise<T>
  /** The same in one that outlives a crash of the machine, with all that was committed before it. */
  durably<T>(work: Work<T>): Promise<T>
}

/** A way to a database, and what its errors mean. */
export interface Connector {
  /** Opens the database and brings its tables up to date, in however many processes at once. */
  open(): Promise<Connection>
  /** Whether a statement holds up this process while it runs, so that a long one is better done in parts. */
  blocks: boolean
  /** Whether `error` means that its connection will never work again, so that a new one is worth a try. */
  isBroken(error: unknown): boolean
  /**
   * Whether `error` passes by itself (a lock, a restart) and nothing was done. `isUndone`: the caller knows that nothing
   * was done, as after a read, or in a transaction that did not come to its commit.
   */
  isBusy(error: unknown, isUndone: boolean): boolean
}

/** For how long work is run again where the database is busy, and the wait between. */
const RETRY_FOR_MS = 2000
const RETRY_DELAY_MS = 25

/** The catalog cannot be used now: locked, damaged, read-only, unreachable, gone. */
export class CatalogError extends markedError('CatalogError') {}

/** An open and migrated database. What it runs is run again where the database was busy. All throw `CatalogError`. */
export interface Database extends Pick<Connector, 'blocks'> {
  /** Runs `work`, which changes nothing. */
  read<T>(work: Work<T>): Promise<T>
  /** Runs `work`: one statement. */
  run<T>(work: Work<T>): Promise<T>
  /** Runs `work` inside one transaction. A crash of the process does not undo it; one of the machine may. */
  transaction<T>(work: Work<T>, options?: TransactionOptions): Promise<T>
  /**
   * Runs `work`, one statement that changes several tables, where the database has such statements: in a single round trip,
   * and as durably as `durably`. `undefined` elsewhere.
   */
  atOnce<T>(work: Work<T>): Promise<T | undefined>
  /** The same inside one transaction that nothing undoes, nor what was committed before it. */
  durably<T>(work: Work<T>): Promise<T>
  /** Another text after each commit, whoever has made it. */
  changeMark(): Promise<string>
  close(): Promise<void>
}

/** A database that is opened at its first use, and again after it broke: no restart is needed to recover. */
export function createDatabase({ open, blocks, isBroken, isBusy }: Connector): Database {
  let opening: Promise<Connection> | undefined

  /** Closes `old`, and has the next use open another one, unless that was done already. */
  function discard(old: Promise<Connection>) {
    if (opening !== old) return
    opening = undefined
    old.then((connection) => connection.db.destroy()).catch(() => {})
  }

  async function runOnce<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const known = opening
    // One that could not be opened is discarded here, too.
    if (known && !(await known.catch(() => undefined))?.isCurrent()) discard(known)
    opening ??= open()
    const used = opening
    try {
      return await work(await used)
    } catch (error) {
      if (isBroken(error)) discard(used)
      throw error
    }
  }

  async function run<T>(
    work: (connection: Connection) => Promise<T>,
    isUndone: () => boolean = () => false,
  ): Promise<T> {
    const deadline = performance.now() + RETRY_FOR_MS
    for (;;) {
      try {
        return await runOnce(work)
      } catch (error) {
        if (!isBusy(error, isUndone()) || performance.now() > deadline) {
          throw new CatalogError(`The catalog failed: ${describeError(error)}`, { cause: error })
        }
        await sleep(RETRY_DELAY_MS)
      }
    }
  }

  /** Nothing of a transaction can have been committed before its work is done: only then is a failure ambiguous. */
  function transaction<T>(
    work: Work<T>,
    begin: (connection: Connection, work: Work<T>) => Promise<T>,
  ): Promise<T> {
    let isCommitting = false
    return run(
      (connection) => {
        isCommitting = false
        return begin(connection, async (db) => {
          const result = await work(db)
          isCommitting = true
          return result
        })
      },
      () => !isCommitting,
    )
  }

  return {
    blocks,
    read: (work) =>
      run(
        ({ db }) => work(db),
        () => true,
      ),
    run: (work) => run(({ db }) => work(db)),
    transaction: (work, options = {}) =>
      transaction(work, (connection, wholeWork) => connection.transaction(wholeWork, options)),
    durably: (work) => transaction(work, (connection, wholeWork) => connection.durably(wholeWork)),
    atOnce: (work) => run(async ({ db, hasWritingCtes }) => (hasWritingCtes ? work(db) : undefined)),
    changeMark: () =>
      run(
        (connection) => connection.changeMark(),
        () => true,
      ),
    async close() {
      const connection = await opening?.catch(() => undefined)
      opening = undefined
      await connection?.db.destroy()
    },
  }
}
