import type { DatabaseSync, StatementSync } from 'node:sqlite'
import {
  type LimitNode,
  type SelectModifierNode,
  SqliteAdapter,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
  SqliteQueryCompiler,
  type SqliteStatement,
  ValueNode,
} from 'kysely'
import { asColumnName, asPropertyName } from './column-names.ts'

interface Options {
  database: DatabaseSync
  /** Is called once the database is closed. */
  closed: () => Promise<void>
}

/** Kysely's dialect of SQLite on `node:sqlite`. */
export class NodeSqliteDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig
  readonly #closed: () => Promise<void>

  constructor({ database, closed }: Options) {
    const config = { database: { close: () => database.close(), prepare: keepStatements(database) } }
    super(config)
    this.#config = config
    this.#closed = closed
  }
  override createAdapter() {
    return new TransactionalAdapter()
  }
  override createQueryCompiler() {
    return new CatalogCompiler()
  }
  override createDriver() {
    return new ClosingDriver(this.#config, this.#closed)
  }
}

/** Schema changes are transactional in SQLite, so that processes which start together migrate one after the other. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl() {
    return true
  }
}

class CatalogCompiler extends SqliteQueryCompiler {
  protected override sanitizeIdentifier(identifier: string) {
    return super.sanitizeIdentifier(asColumnName(identifier))
  }
  /** SQLite plans a statement anew at each run where the limit is a parameter, which takes longer than to run it. */
  protected override visitLimit(node: LimitNode) {
    const { limit } = node
    if (!ValueNode.is(limit) || typeof limit.value !== 'number') return super.visitLimit(node)
    this.append('limit ')
    this.appendImmediateValue(limit.value)
  }
  /** Only one connection writes at a time, so that no row needs a lock. */
  protected override visitSelectModifier(node: SelectModifierNode) {
    if (node.modifier !== 'ForUpdate' && node.modifier !== 'SkipLocked') super.visitSelectModifier(node)
  }
}

class ClosingDriver extends SqliteDriver {
  readonly #closed: () => Promise<void>

  constructor(config: SqliteDialectConfig, closed: () => Promise<void>) {
    super(config)
    this.#closed = closed
  }
  override async destroy() {
    await super.destroy()
    await this.#closed()
  }
}

/** How many prepared statements are kept: more than any path has. Lists of varying length make ever new ones. */
const KEPT_STATEMENTS = 500

/** Prepares statements, and keeps those that were used last: to prepare one takes about as long as to run it. */
function keepStatements(database: DatabaseSync): (sql: string) => SqliteStatement {
  const kept = new Map<string, SqliteStatement>()
  return (sql) => {
    // SQLite rolls back by itself after an error such as a full disk; a second rollback would hide that error.
    if (sql === 'rollback' && !database.isTransaction) return noStatement
    const statement = kept.get(sql) ?? prepare(database, sql)
    kept.delete(sql)
    kept.set(sql, statement)
    const [oldest] = kept.size > KEPT_STATEMENTS ? kept.keys() : []
    if (oldest !== undefined) kept.delete(oldest)
    return statement
  }
}

type Values = Parameters<StatementSync['all']>

function prepare(database: DatabaseSync, sql: string): SqliteStatement {
  // A deferred transaction that begins to write fails at once where another one writes; this one waits its turn.
  const statement = database.prepare(sql === 'begin' ? 'begin immediate' : sql)
  const toRow = rowMaker(statement)
  statement.setReturnArrays(true)
  return {
    reader: statement.columns().length > 0,
    all: (values) => (statement.all(...(values as Values)) as unknown as unknown[][]).map(toRow),
    run: (values) => statement.run(...(values as Values)),
    *iterate(values) {
      for (const list of statement.iterate(...(values as Values))) yield toRow(list as unknown as unknown[])
    },
  }
}

/** Makes rows with our names of the lists that the driver reads: objects of its own would have to be made anew for that. */
function rowMaker(statement: StatementSync) {
  const readNames = () => statement.columns().map(({ name }) => asPropertyName(name))
  let names = readNames()
  return (list: unknown[]) => {
    // Another version of the program may have added columns since.
    if (list.length !== names.length) names = readNames()
    const row: Record<string, unknown> = {}
    for (let index = 0; index < names.length; index += 1) row[names[index] as string] = list[index]
    return row
  }
}

const noStatement: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
}
