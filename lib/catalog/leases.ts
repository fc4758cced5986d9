import { type Kysely, type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
import { updateChosen } from './chosen-rows.ts'
import type { Schema } from './schema.ts'

/** Who works on a row, and until when all others leave it alone (milliseconds since the epoch). */
export interface Lease {
  owner: string
  expiresAt: number
}

/** The tables whose rows are worked on under leases, and their keys. */
const keys = { clips: 'id', replications: 'clipId', webhooks: 'id' } as const
type Leased = keyof typeof keys

/** What a row that nobody works on has in its columns. */
export const unleased = { leaseOwner: null, leaseExpiresAt: null }

/** Nobody works on a row: there is no lease, or it has run out. */
export const isUnleased = (now: number) =>
  sql<SqlBool>`(lease_expires_at is null or lease_expires_at <= ${now})`

/**
 * Takes a lease on up to `limit` of the rows whose keys `among` selects, in its order, and on none that somebody else
 * works on. Returns them, the oldest schedule first.
 */
export async function claimRows<Table extends Leased>(
  db: Kysely<Schema>,
  table: Table,
  options: { among: SelectQueryBuilder<Schema, Table, object>; limit: number; now: number; lease: Lease },
) {
  const { among, limit, now, lease } = options
  const query = among.where(isUnleased(now)).limit(limit).forUpdate().skipLocked()
  const leased = { leaseOwner: lease.owner, leaseExpiresAt: lease.expiresAt }
  const rows = await updateChosen<Leased>(db, table, { key: [keys[table]], query }, leased)
  return (rows as Schema[Table][]).sort((a, b) => (a.nextAttemptAt ?? 0) - (b.nextAttemptAt ?? 0))
}

/** Prolongs the lease on the row `key`. `false`: it was lost. */
export async function renewLease(
  db: Kysely<Schema>,
  table: Leased,
  key: string,
  { owner, expiresAt }: Lease,
): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`update ${sql.table(table)} set lease_expires_at = ${expiresAt}
    where ${sql.ref(keys[table])} = ${key} and lease_owner = ${owner}`.execute(db)
  return numAffectedRows > 0n
}
