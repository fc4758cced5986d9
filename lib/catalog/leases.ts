import { type Kysely, type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
import { isDeadProcess, isLivingProcess } from '#lib/platform/process-identity.ts'
import { MINUTE_MS } from '#lib/platform/units.ts'
import { updateChosen } from './chosen-rows.ts'
import type { Schema } from './schema.ts'

/** Who works on a row, and until when all others leave it alone (milliseconds since the epoch). */
export interface Lease {
  owner: string
  expiresAt: number
}

/** How long a lease lasts that a heartbeat renews, in milliseconds. */
export const LIVE_LEASE_MS = 15_000
/** A lease that a heartbeat renews and that ends this much later than it could was dated before a clock was set back. */
const TOLERANCE_MS = 5000
/** How long a process that can be seen to live may have been kept from renewing its lease. */
const STALLED_MS = MINUTE_MS
const SHORTEST_MS = 1000

/**
 * For how long others are to leave alone what is worked on under a lease that a heartbeat renews, in milliseconds; 0 where
 * nobody works on it. `self` is the name of the process that asks.
 */
export function leaseLeftMs(
  { leaseOwner, leaseExpiresAt }: { leaseOwner: string | null; leaseExpiresAt: number | null },
  { now, self }: { now: number; self: string },
): number {
  if (leaseExpiresAt === null || (leaseOwner !== null && isDeadProcess(leaseOwner, self))) return 0
  const leftMs = leaseExpiresAt - now
  if (leaseOwner !== null && isLivingProcess(leaseOwner, self)) {
    return leftMs > -STALLED_MS ? Math.max(SHORTEST_MS, Math.min(leftMs, LIVE_LEASE_MS)) : 0
  }
  return leaseOwner !== null && leftMs > LIVE_LEASE_MS + TOLERANCE_MS ? 0 : Math.max(0, leftMs)
}

/** The tables whose rows are worked on under leases, and their keys. */
const keys = {
  clips: 'id',
  replications: 'clipId',
  webhooks: 'id',
  scripts: 'id',
  deletions: 'clipId',
} as const
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
