import type { Kysely } from 'kysely'
import type { Schema } from '#lib/catalog/schema.ts'
import { inBatches } from '#lib/platform/in-batches.ts'

/** How many rows are read or written at once. */
export const BATCH = 500

export type Row = Record<string, unknown>

/** A database whose tables may have any columns: whole rows are copied, whatever is in them. */
export type Tables = Kysely<Record<string, Row>>

type Name = Exclude<keyof Schema, 'holdings' | 'rollUps' | 'clock' | 'installation' | `ipni${string}`>

export interface Table {
  name: Name
  key: readonly string[]
  /** Its leases end: the processes that held them have stopped. */
  isLeased?: boolean
  /** A service that was only started on the target has left rows in it already. */
  mayHaveMore?: boolean
}

/**
 * Every table but `holdings` and `roll_ups`, which the triggers of the target count by themselves, and those that the target
 * begins anew: what was seen of the clock, its own name, and the chain of IPNI advertisements.
 */
export const tables: readonly Table[] = [
  { name: 'clips', key: ['id'], isLeased: true },
  { name: 'captions', key: ['clipId'] },
  { name: 'attempts', key: ['id'] },
  { name: 'pins', key: ['clipId', 'provider'] },
  { name: 'replications', key: ['clipId'], isLeased: true },
  { name: 'requests', key: ['hash'] },
  { name: 'scripts', key: ['id'], isLeased: true },
  { name: 'scriptPieces', key: ['scriptId', 'number'] },
  { name: 'idempotencyKeys', key: ['key'], isLeased: true },
  { name: 'endedSessions', key: ['id'] },
  { name: 'dailyCharacters', key: ['day', 'caller'] },
  { name: 'webhooks', key: ['id'], isLeased: true },
  { name: 'deletions', key: ['clipId'], isLeased: true },
  { name: 'deletionTargets', key: ['clipId', 'provider', 'cid'] },
  { name: 'speechAttempts', key: ['id'] },
  { name: 'counters', key: ['name', 'label'], mayHaveMore: true },
  { name: 'samples', key: ['takenAt'], mayHaveMore: true },
]

/** Kysely's types know each table's columns, and none that all tables have; here a table is any of them. */
export function asTables(db: Kysely<Schema>): Tables {
  return db as unknown as Tables
}

/** The rows of a table. A counter is the sum over its slots. */
export function selectFrom(db: Tables, { name }: Table) {
  const rows = db.selectFrom(name)
  if (name !== 'counters') return rows.selectAll()
  const sums = rows
    .select(['name', 'label', (eb) => eb.fn.sum('value').as('value')])
    .groupBy(['name', 'label'])
  // Both give rows of any columns, of which Kysely's types know nothing.
  return sums as unknown as ReturnType<typeof rows.selectAll>
}

/** The rows of the source, in the order of their keys, as they are to be in the target. */
export async function* batchesOf(db: Tables, table: Table): AsyncGenerator<Row[]> {
  const ordered = table.key.reduce((query, column) => query.orderBy(column), selectFrom(db, table))
  for await (const rows of inBatches(ordered.stream(), BATCH)) yield rows.map((row) => asCopied(table, row))
}

/** What becomes of a row by copying it. */
export function asCopied({ name, isLeased }: Table, row: Row): Row {
  const copied: Row = isLeased ? { ...row, leaseOwner: null, leaseExpiresAt: null } : { ...row }
  for (const [column, value] of Object.entries(copied)) {
    // Postgres takes neither this character in a text nor a fraction in a whole number; SQLite has taken both.
    if (typeof value === 'string') copied[column] = value.toWellFormed().replaceAll('\0', '\uFFFD')
    else if (typeof value === 'number' && name !== 'counters') copied[column] = Math.round(value)
  }
  return copied
}

/** The row without the id that each database gives by itself. */
export function withoutOwnId({ name }: Table, row: Row): Row {
  if (name !== 'attempts') return row
  const { id: _, ...others } = row
  return others
}

export async function countRows(db: Tables, { name }: Table): Promise<number> {
  const { rows } = await db
    .selectFrom(name)
    .select((eb) => eb.fn.countAll().as('rows'))
    .executeTakeFirstOrThrow()
  return Number(rows)
}
