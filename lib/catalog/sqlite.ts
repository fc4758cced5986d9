import { mkdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  CamelCasePlugin,
  Kysely,
  type SelectModifierNode,
  SqliteAdapter,
  SqliteDialect,
  SqliteQueryCompiler,
  type SqliteStatement,
  sql,
} from 'kysely'
import type { Connection, Connector } from './connection.ts'
import { migrate } from './migrate.ts'
import type { Schema } from './schema.ts'

/** How long a statement may block this process while another process writes. */
const BUSY_TIMEOUT_MS = 10

/** Schema changes are transactional in SQLite, so that processes which start together migrate one after the other. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl() {
    return true
  }
}

/** Only one connection writes at a time, so that no row needs a lock. */
class LocklessCompiler extends SqliteQueryCompiler {
  protected override visitSelectModifier(node: SelectModifierNode) {
    if (node.modifier !== 'ForUpdate' && node.modifier !== 'SkipLocked') super.visitSelectModifier(node)
  }
}

class NodeSqliteDialect extends SqliteDialect {
  override createAdapter() {
    return new TransactionalAdapter()
  }
  override createQueryCompiler() {
    return new LocklessCompiler()
  }
}

/** Result codes after which only a new connection can help: I/O, corrupt, cannot open, not a database, read-only. */
const BROKEN = new Set([8, 10, 11, 14, 26])
const BUSY = 5

/**
 * The SQLite file `file` (made when missing) by `node:sqlite`. Commits go to the write-ahead log; it is synced where a
 * transaction asks to be durable, and with it everything that was committed before.
 *
 * `exclusive`: nobody else may have the file open while this connection has; where somebody has, it counts as busy.
 *
 * @see https://sqlite.org/pragma.html#pragma_synchronous
 * @see https://sqlite.org/pragma.html#pragma_locking_mode
 */
export function sqliteFile(file: string, { exclusive = false } = {}): Connector {
  return {
    async open() {
      const connection = openSqlite(file, exclusive)
      try {
        await migrate(connection.db, 'sqlite')
      } catch (error) {
        await connection.db.destroy().catch(() => {})
        throw error
      }
      return connection
    },
    isBroken: (error) => BROKEN.has(resultCodeOf(error)),
    isBusy: (error) => resultCodeOf(error) === BUSY,
  }
}

/** The primary result code: https://sqlite.org/rescode.html */
function resultCodeOf(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? 0) & 0xff
}

function openSqlite(file: string, exclusive: boolean): Connection {
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
  const db = new Kysely<Schema>({
    dialect: new NodeSqliteDialect({
      database: {
        close: () => database.close(),
        prepare(sql) {
          // SQLite rolls back by itself after an error such as a full disk; a second rollback would hide that error.
          if (sql === 'rollback' && !database.isTransaction) return noStatement
          // A deferred transaction that begins to write fails at once where another one writes; this one waits its turn.
          const statement = database.prepare(sql === 'begin' ? 'begin immediate' : sql)
          type Values = Parameters<typeof statement.all>
          return {
            reader: statement.columns().length > 0,
            all: (values) => statement.all(...(values as Values)),
            run: (values) => statement.run(...(values as Values)),
            iterate: (values) => statement.iterate(...(values as Values)),
          }
        },
      },
    }),
    plugins: [new CamelCasePlugin()],
  })
  return {
    db,
    hasWritingCtes: false,
    isCurrent: () => identityOf(file) === identity,
    transaction: (work) => db.transaction().execute(work),
    durably: (work) =>
      db.connection().execute(async (connection) => {
        await sql`pragma synchronous = full`.execute(connection)
        try {
          return await connection.transaction().execute(work)
        } finally {
          await sql`pragma synchronous = normal`.execute(connection)
        }
      }),
  }
}

const noStatement: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
}

function identityOf(file: string): string | undefined {
  const facts = statSync(file, { throwIfNoEntry: false })
  return facts && `${facts.dev}:${facts.ino}`
}
