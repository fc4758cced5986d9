import { createHash } from 'node:crypto'
import {
  CamelCasePlugin,
  type DatabaseConnection,
  Kysely,
  PostgresAdapter,
  PostgresDialect,
  PostgresDriver,
  type PostgresPool,
  type PostgresPoolClient,
  sql,
} from 'kysely'
import type { Pool, PoolConfig } from 'pg'
import type { Connection, Connector, TransactionOptions } from './connection.ts'
import { migrate } from './migrate.ts'
import { isBusy, isTableMissing } from './postgres-errors.ts'
import { readPostgresAddress, readPostgresSettings } from './postgres-url.ts'
import type { Schema } from './schema.ts'

const IDLE_CONNECTION_MS = 30_000
/** A process that stops in the middle of a transaction must not hold its locks for long. */
const IDLE_TRANSACTION_MS = 15_000
/** What the network may take on top of the server's own limit for a statement. */
const NETWORK_MS = 5000
const KEEP_ALIVE_MS = 10_000

/**
 * The Postgres database at `url` by `pg`. Every commit is synced, save those that say that nothing rests on them. The pool
 * replaces by itself what a restart of the server or of the network has cut.
 *
 * @see https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
 */
export function postgresServer(url: string): Connector {
  return {
    open: () => openPostgres(url),
    // Another database was put in its place.
    isBroken: isTableMissing,
    isBusy,
  }
}

async function openPostgres(url: string): Promise<Connection> {
  const { default: pg } = await import('pg')
  const settings = readPostgresSettings(url)
  const isNumber = (oid: number) => oid === pg.types.builtins.INT8 || oid === pg.types.builtins.NUMERIC
  const shared: PoolConfig = {
    ...readPostgresAddress(url),
    ssl: settings.tls,
    application_name: settings.applicationName,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    idleTimeoutMillis: IDLE_CONNECTION_MS,
    types: {
      getTypeParser: (oid, format) =>
        isNumber(oid) && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format),
    },
  }
  await migrateAlone(kyselyOn(new pg.Pool({ ...shared, max: 1 })))
  const db = kyselyOn(
    new pg.Pool({
      ...shared,
      max: settings.max,
      query_timeout: settings.statementTimeoutMs + NETWORK_MS,
      // By statements, since poolers in between know no such settings of a start.
      onConnect: async (client) => {
        await client.query(
          `set statement_timeout = ${settings.statementTimeoutMs};
           set idle_in_transaction_session_timeout = ${IDLE_TRANSACTION_MS}`,
        )
      },
    }),
  )
  return {
    db,
    isCurrent: () => true,
    transaction: (work, options) =>
      db.transaction().execute(async (transaction) => {
        await begin(transaction, options)
        return work(transaction)
      }),
    durably: (work) => db.transaction().execute(work),
  }
}

async function begin(db: Kysely<Schema>, { alone, isDispensable }: TransactionOptions) {
  const first = []
  if (alone) first.push(sql`pg_advisory_xact_lock(${lockOf(alone)})`)
  if (isDispensable) first.push(sql`set_config('synchronous_commit', 'off', true)`)
  if (first.length > 0) await sql`select ${sql.join(first)}`.execute(db)
}

function lockOf(name: string): string {
  return createHash('sha256').update(`voicepin ${name}`).digest().readBigInt64BE().toString()
}

/** Brings the tables up to date while everybody else who starts waits, however long it takes. */
async function migrateAlone(db: Kysely<Schema>) {
  try {
    await db.transaction().execute(async (transaction) => {
      await begin(transaction, { alone: 'migrations' })
      await migrate(transaction, 'postgres')
    })
  } finally {
    await db.destroy()
  }
}

function kyselyOn(pool: Pool): Kysely<Schema> {
  // What a connection has to say while nobody uses it would end the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return new Kysely<Schema>({
    dialect: new CatalogDialect({ pool: carefulPool(pool) }),
    plugins: [new CamelCasePlugin()],
  })
}

class CatalogDialect extends PostgresDialect {
  readonly #pool: PostgresPool
  constructor({ pool }: { pool: PostgresPool }) {
    super({ pool })
    this.#pool = pool
  }
  override createAdapter() {
    return new LockedAdapter()
  }
  override createDriver() {
    return new QuietDriver({ pool: this.#pool })
  }
}

/** The transaction that migrates holds a lock of its own, which also covers the migrator's tables. */
class LockedAdapter extends PostgresAdapter {
  override async acquireMigrationLock() {}
  override async releaseMigrationLock() {}
}

/** A transaction that cannot be rolled back is over anyway; to say so would hide why it had to be. */
class QuietDriver extends PostgresDriver {
  override async rollbackTransaction(connection: DatabaseConnection) {
    await super.rollbackTransaction(connection as never).catch(() => {})
  }
}

/** The same pool, whose connections take any text and are thrown away where an answer did not come in time. */
function carefulPool(pool: Pool): PostgresPool {
  return {
    connect: async () => {
      const client = await pool.connect().catch((error: unknown) => {
        throw firstOf(error)
      })
      let overdue: unknown
      return {
        async query(text: string, parameters: readonly unknown[]) {
          if (overdue) throw overdue
          try {
            return await client.query(text, parameters.map(storable))
          } catch (error) {
            if ((error as Error).message === 'Query read timeout') overdue = error
            throw error
          }
        },
        release: (isBroken: unknown) => client.release(Boolean(isBroken || overdue)),
      } as unknown as PostgresPoolClient
    },
    end: () => pool.end(),
  } as PostgresPool
}

/** One host may have several addresses, each with its own failure. */
function firstOf(error: unknown): unknown {
  return (error as AggregateError).errors?.[0] ?? error
}

/** Postgres takes any character in a text save this one. */
function storable(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value
}
