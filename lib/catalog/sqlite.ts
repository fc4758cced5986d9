import { mkdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import type { Connection, Connector } from './connection.ts'
import { migrate } from './migrate.ts'
import type { Schema } from './schema.ts'
import { NodeSqliteDialect } from './sqlite-dialect.ts'
import { createWalSync, type Datasync, WalSyncError } from './wal-sync.ts'

/** How long a statement may block this process while another process writes. */
const BUSY_TIMEOUT_MS = 10

/** Result codes after which only a new connection can help: I/O, corrupt, cannot open, not a database, read-only. */
const BROKEN = new Set([8, 10, 11, 14, 26])
const BUSY = 5

interface SqliteOptions {
  /** Nobody else may have the file open while this connection has; where somebody has, it counts as busy. */
  exclusive?: boolean
  /** Syncs the log. */
  datasync?: Datasync
}

/**
 * The SQLite file `file` (made when missing) by `node:sqlite`. Commits go to the write-ahead log; it is synced where a
 * transaction asks to be durable, and with it everything that was committed before. Others see what such a transaction
 * has changed a moment before it is durable.
 *
 * @see https://sqlite.org/pragma.html#pragma_locking_mode
 */
export function sqliteFile(file: string, options: SqliteOptions = {}): Connector {
  return {
    async open() {
      const connection = openSqlite(file, options)
      try {
        await migrate(connection.db, 'sqlite')
      } catch (error) {
        await connection.db.destroy().catch(() => {})
        throw error
      }
      return connection
    },
    blocks: true,
    isBroken: (error) => BROKEN.has(resultCodeOf(error)) || WalSyncError.isInstance(error),
    isBusy: (error) => resultCodeOf(error) === BUSY,
  }
}

/** The primary result code: https://sqlite.org/rescode.html */
function resultCodeOf(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? 0) & 0xff
}

const datasyncOf: Datasync = (log) => log.datasync()

function openSqlite(file: string, { exclusive = false, datasync = datasyncOf }: SqliteOptions): Connection {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true })
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS })
  try {
    if (exclusive) database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;')
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;')
  } catch (error) {
    database.close()
    throw error
  }
  const identity = identityOf(file)
  const wal = createWalSync(file, datasync)
  const db = new Kysely<Schema>({
    dialect: new NodeSqliteDialect({ database, closed: () => wal.close() }),
  })
  return {
    db,
    hasWritingCtes: false,
    // The pragma tells of commits by others, and the function of this connection's own changes.
    async changeMark() {
      const { rows } = await sql<object>`
        select data_version, total_changes() from pragma_data_version`.execute(db)
      return JSON.stringify([identity, rows])
    },
    isCurrent: () => identityOf(file) === identity,
    transaction: (work) => db.transaction().execute(work),
    async durably(work) {
      const result = await db.transaction().execute(work)
      await wal.sync()
      return result
    },
  }
}

function identityOf(file: string): string | undefined {
  const facts = statSync(file, { throwIfNoEntry: false })
  return facts && `${facts.dev}:${facts.ino}`
}
