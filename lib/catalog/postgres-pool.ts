import {
  Kysely,
  PostgresAdapter,
  PostgresDialect,
  PostgresDriver,
  type PostgresPool,
  type PostgresPoolClient,
  PostgresQueryCompiler,
} from 'kysely'
import type { Pool } from 'pg'
import { asColumnName, camelCaseRows } from './column-names.ts'
import { isConnectionBroken, isTransactionAborted } from './postgres-errors.ts'
import type { Schema } from './schema.ts'

/**
 * The catalog's queries on `pool`, which recovers by itself: it replaces connections that were cut, and ends those
 * that hang.
 */
export function kyselyOn(pool: Pool): Kysely<Schema> {
  // An error event without a listener ends the process, and idle connections have such errors.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return new Kysely<Schema>({
    dialect: new CatalogDialect({ pool: guardedPool(pool) }),
    plugins: [camelCaseRows],
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
  override createQueryCompiler() {
    return new CatalogCompiler()
  }
  override createDriver() {
    return new RollbackTolerantDriver({ pool: this.#pool })
  }
}

class CatalogCompiler extends PostgresQueryCompiler {
  protected override sanitizeIdentifier(identifier: string) {
    return super.sanitizeIdentifier(asColumnName(identifier))
  }
}

/** The transaction that migrates holds a lock of its own, which also covers the migrator's tables. */
class LockedAdapter extends PostgresAdapter {
  override async acquireMigrationLock() {}
  override async releaseMigrationLock() {}
}

/**
 * A transaction that cannot be rolled back is over anyway, and that error would hide the one that led to the
 * rollback.
 */
class RollbackTolerantDriver extends PostgresDriver {
  override async rollbackTransaction(...connection: Parameters<PostgresDriver['rollbackTransaction']>) {
    await super.rollbackTransaction(...connection).catch(() => {})
  }
}

/** The same pool, whose connections take any text and are ended once they are broken. */
function guardedPool(pool: Pool): PostgresPool {
  return {
    connect: async () => {
      const client = await pool.connect().catch((error: unknown) => {
        throw firstError(error)
      })
      let failure: unknown
      /** What broke the transaction that is open, if anything did. */
      let firstFailure: unknown
      // The type also has a query by cursor, for streams, which the catalog does not read.
      return {
        async query(text: string, parameters: readonly unknown[]) {
          if (failure) throw failure
          try {
            const result = await client.query(text, parameters.map(withoutNul))
            firstFailure = undefined
            return result
          } catch (error) {
            if (isConnectionBroken(error)) failure = error
            // Whoever goes on after an error, as the migrator does, learns only that there was one.
            if (!isTransactionAborted(error)) firstFailure = error
            throw firstFailure ?? error
          }
        },
        release: (isBroken: unknown) => client.release(Boolean(isBroken || failure)),
      } as unknown as PostgresPoolClient
    },
    end: () => pool.end(),
  } as PostgresPool
}

/** One host may have several addresses, each with its own failure. */
function firstError(error: unknown): unknown {
  return (error as AggregateError).errors?.[0] ?? error
}

/** Postgres takes any character in a text save this one. */
function withoutNul(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value
}
