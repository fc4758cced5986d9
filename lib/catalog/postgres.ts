import { createHash } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { PoolConfig } from 'pg'
import { type PostgresSettings, readPostgresSettings } from '#lib/config/postgres-url.ts'
import type { TimeReading } from '#lib/platform/skew-corrected-clock.ts'
import type { Connection, Connector, TransactionOptions } from './connection.ts'
import { isUpToDate, migrate } from './migrate.ts'
import { boundClient } from './postgres-binding.ts'
import { isBusy, isHostLost, isTableMissing } from './postgres-errors.ts'
import { connectionOptions } from './postgres-hosts.ts'
import { kyselyOn } from './postgres-pool.ts'
import type { Schema } from './schema.ts'

const IDLE_CONNECTION_MS = 30_000
/** A process that stops in the middle of a transaction must not hold its locks for as long as others wait for them. */
const IDLE_TRANSACTION_MS = 4000
/** How much longer than the server's own limit a statement may take: the time of the network. */
const NETWORK_MS = 2000
/**
 * Connections that are always in use are replaced, too: the name may lead to another server, and its clock may have
 * moved.
 */
const LIFETIME_SECONDS = 600

/**
 * The Postgres database at `url` by `pg`. Every commit is synced, save those that allow an asynchronous one. The pool
 * replaces by itself what a restart of the server or of the network has cut. `onTime` gets the server's time at each new
 * connection.
 *
 * @see https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
 */
export function postgresServer(url: string, onTime: (reading: TimeReading) => void = () => {}): Connector {
  const settings = readPostgresSettings(url)
  const { hosts } = settings
  return {
    open: () => openPostgres(settings, onTime),
    blocks: false,
    // Another database, which has no tables yet, was put in its place; or another host of the URL is to be used now.
    isBroken: (error) => isTableMissing(error) || (hosts.length > 1 && isHostLost(error)),
    isBusy,
  }
}

async function openPostgres(
  settings: PostgresSettings,
  onTime: (reading: TimeReading) => void,
): Promise<Connection> {
  const { default: pg } = await import('pg')
  const Client = settings.channelBinding === 'require' ? boundClient(pg.Client) : pg.Client
  const isNumber = (oid: number) => oid === pg.types.builtins.INT8 || oid === pg.types.builtins.NUMERIC
  const shared: PoolConfig = {
    ...(await connectionOptions(settings, Client)),
    Client: Client as unknown as NonNullable<PoolConfig['Client']>,
    idleTimeoutMillis: IDLE_CONNECTION_MS,
    types: {
      getTypeParser: (oid, format) =>
        isNumber(oid) && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format),
    },
  }
  const db = kyselyOn(
    new pg.Pool({
      ...shared,
      max: settings.max,
      query_timeout: settings.statementTimeoutMs + NETWORK_MS,
      maxLifetimeSeconds: LIFETIME_SECONDS,
      onConnect: async (client) => {
        // By statements, since a pooler in between refuses them as settings of the connection.
        await client.query(
          `set statement_timeout = ${settings.statementTimeoutMs};
           set idle_in_transaction_session_timeout = ${IDLE_TRANSACTION_MS}`,
        )
        const askedAt = Date.now()
        const { rows } = await client.query('select extract(epoch from clock_timestamp()) * 1000 as theirs')
        onTime({ theirs: Number(rows[0].theirs), askedAt, answeredAt: Date.now() })
      },
    }),
  )
  try {
    // The question has the usual time limits; the migrations themselves can have none.
    if (!(await isReady(db))) await migrateExclusively(kyselyOn(new pg.Pool({ ...shared, max: 1 })))
  } catch (error) {
    await db.destroy()
    throw error
  }
  return {
    db,
    hasWritingCtes: true,
    async changeMark() {
      const { rows } = await sql<object>`select pg_current_snapshot()::text as snapshot`.execute(db)
      return JSON.stringify(rows)
    },
    isCurrent: () => true,
    transaction: (work, options) =>
      db.transaction().execute(async (transaction) => {
        await begin(transaction, options)
        return work(transaction)
      }),
    durably: (work) => db.transaction().execute(work),
  }
}

async function begin(db: Kysely<Schema>, { exclusive, allowAsyncCommit }: TransactionOptions) {
  const first = []
  if (exclusive) first.push(sql`pg_advisory_xact_lock(${lockOf(exclusive)})`)
  if (allowAsyncCommit) first.push(sql`set_config('synchronous_commit', 'off', true)`)
  if (first.length > 0) await sql`select ${sql.join(first)}`.execute(db)
}

function lockOf(name: string): string {
  return createHash('sha256').update(`voicepin ${name}`).digest().readBigInt64BE().toString()
}

async function isReady(db: Kysely<Schema>): Promise<boolean> {
  try {
    return await isUpToDate(db, 'postgres')
  } catch (error) {
    if (isTableMissing(error)) return false
    throw error
  }
}

/** Brings the tables up to date, however long that takes. Other processes that start meanwhile wait. */
async function migrateExclusively(db: Kysely<Schema>) {
  try {
    await db.transaction().execute(async (transaction) => {
      await sql`set local statement_timeout = 0`.execute(transaction)
      await begin(transaction, { exclusive: 'migrations' })
      await migrate(transaction, 'postgres')
    })
  } finally {
    await db.destroy()
  }
}
