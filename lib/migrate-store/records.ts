import { createHash } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Database } from '#lib/catalog/connection.ts'
import type { Schema } from '#lib/catalog/schema.ts'
import { inBatches } from '#lib/platform/in-batches.ts'

const BATCH = 500

type Row = Record<string, unknown>
/** The tables by name: what is copied is whole rows, whatever is in them. */
type Tables = Kysely<Record<string, Row>>
type Name = Exclude<keyof Schema, 'holdings'>

interface Table {
  name: Name
  key: readonly string[]
  /** Who worked on a row of the source has ended. */
  isLeased?: boolean
  /** A service that has only looked at the target has rows in it all the same. */
  mayHaveMore?: boolean
}

/** Every table but `holdings`, which the triggers of the target count by themselves. */
const tables: readonly Table[] = [
  { name: 'clips', key: ['id'], isLeased: true },
  { name: 'attempts', key: ['id'] },
  { name: 'pins', key: ['clipId', 'provider'] },
  { name: 'replications', key: ['clipId'], isLeased: true },
  { name: 'requests', key: ['hash'] },
  { name: 'idempotencyKeys', key: ['key'] },
  { name: 'dailyCharacters', key: ['day', 'caller'] },
  { name: 'webhooks', key: ['id'], isLeased: true },
  { name: 'counters', key: ['name', 'label'], mayHaveMore: true },
  { name: 'samples', key: ['takenAt'], mayHaveMore: true },
]

/** How one table of the target stands to that of the source. */
export interface TableProof {
  name: string
  sourceRows: number
  targetRows: number
  /** Rows that are missing in the target, are others there, or should not be there. */
  differing: number
}

/** Whether nobody has recorded anything in the target yet. */
export async function isEmpty(target: Database): Promise<boolean> {
  return target.read(async (db) => {
    for (const { name, mayHaveMore } of tables) {
      if (!mayHaveMore && (await count(db as unknown as Tables, name)) > 0) return false
    }
    const counted = await db.selectFrom('counters').select('value').where('value', '<>', 0).limit(1).execute()
    return counted.length === 0
  })
}

/**
 * Copies all records into an empty target, all in one transaction: they are all there, or none. Leases end, since who held
 * them has; attempts get new ids in their order.
 */
export async function copyRecords(source: Database, target: Database): Promise<void> {
  await target.transaction(async (db) => {
    const into = db as unknown as Tables
    // Whoever starts on the target now waits for the whole of it.
    await sql`lock table ${sql.join(tables.map(({ name }) => sql.table(snakeCase(name))))} in exclusive mode`.execute(
      db,
    )
    await source.read(async (from) => {
      for (const table of tables) {
        for await (const rows of batchesOf(from as unknown as Tables, table)) {
          const isCounter = table.name === 'counters'
          await into
            .insertInto(table.name)
            .values(rows.map((row) => (isCounter ? { ...row, slot: 0 } : withoutOwnId(table, row))))
            .$if(isCounter, (query) =>
              query.onConflict((conflict) =>
                conflict.columns(['name', 'label', 'slot']).doUpdateSet((eb) => ({
                  value: eb.ref('excluded.value'),
                })),
              ),
            )
            .$if(table.name === 'samples', (query) => query.onConflict((conflict) => conflict.doNothing()))
            .execute()
        }
      }
    })
  })
}

/** Compares every row of the source with that of the target. */
export async function compareRecords(source: Database, target: Database): Promise<TableProof[]> {
  const proofs: TableProof[] = []
  for (const table of tables) {
    const compare = table.name === 'attempts' ? compareAttempts : compareByKey
    proofs.push(
      await source.read((from) =>
        target.read((to) => compare(from as unknown as Tables, to as unknown as Tables, table)),
      ),
    )
  }
  return proofs
}

async function compareByKey(from: Tables, to: Tables, table: Table): Promise<TableProof> {
  const [first = ''] = table.key
  const keyOf = (row: Row) => JSON.stringify(table.key.map((column) => row[column]))
  let sourceRows = 0
  let differing = 0
  for await (const rows of batchesOf(from, table)) {
    const known = await selectFrom(to, table)
      .where(first, 'in', [...new Set(rows.map((row) => row[first]))])
      .execute()
    const copies = new Map(known.map((row) => [keyOf(row), canonical(asCopied(table, row))]))
    sourceRows += rows.length
    differing += rows.filter((row) => copies.get(keyOf(row)) !== canonical(row)).length
  }
  const targetRows =
    table.name === 'counters' ? (await selectFrom(to, table).execute()).length : await count(to, table.name)
  const strangers = table.mayHaveMore ? 0 : Math.max(0, targetRows - sourceRows)
  return { name: table.name, sourceRows, targetRows, differing: differing + strangers }
}

/** They have no key in common: what is compared is how many there are, and the sum of all their hashes. */
async function compareAttempts(from: Tables, to: Tables, table: Table): Promise<TableProof> {
  const source = createDigest()
  for await (const rows of batchesOf(from, table)) {
    for (const row of rows) source.add(canonical(withoutOwnId(table, row)))
  }
  const target = createDigest()
  for (let last = 0; ; ) {
    const rows = await to
      .selectFrom('attempts')
      .selectAll()
      .where('id', '>', last)
      .orderBy('id')
      .limit(BATCH)
      .execute()
    for (const row of rows) target.add(canonical(asCopied(table, withoutOwnId(table, row))))
    if (rows.length < BATCH) break
    last = rows.at(-1)?.id as number
  }
  const isSame = source.value() === target.value()
  return {
    name: table.name,
    sourceRows: source.rows(),
    targetRows: target.rows(),
    differing: isSame ? 0 : Math.max(1, Math.abs(source.rows() - target.rows())),
  }
}

/** A hash of many texts in whatever order. */
function createDigest() {
  let rows = 0
  let sum = 0n
  return {
    add(text: string) {
      rows += 1
      sum = BigInt.asUintN(256, sum + BigInt(`0x${createHash('sha256').update(text).digest('hex')}`))
    },
    rows: () => rows,
    value: () => `${rows}:${sum}`,
  }
}

/** The rows of the source as they are to be in the target. */
async function* batchesOf(db: Tables, table: Table): AsyncGenerator<Row[]> {
  const ordered = table.key.reduce((query, column) => query.orderBy(column), selectFrom(db, table))
  for await (const rows of inBatches(ordered.stream(), BATCH)) yield rows.map((row) => asCopied(table, row))
}

/** A counter is the sum over its slots. */
function selectFrom(db: Tables, { name }: Table) {
  const rows = db.selectFrom(name)
  if (name !== 'counters') return rows.selectAll()
  return rows
    .select(['name', 'label', (eb) => eb.fn.sum('value').as('value')])
    .groupBy(['name', 'label']) as unknown as ReturnType<typeof rows.selectAll>
}

function asCopied({ name, isLeased }: Table, row: Row): Row {
  const copied: Row = isLeased ? { ...row, leaseOwner: null, leaseExpiresAt: null } : { ...row }
  for (const [column, value] of Object.entries(copied)) {
    // Postgres takes neither this character in a text nor a fraction in a whole number; SQLite has taken both.
    if (typeof value === 'string') copied[column] = value.toWellFormed().replaceAll('\0', '\uFFFD')
    else if (typeof value === 'number' && name !== 'counters') copied[column] = Math.round(value)
  }
  return copied
}

function withoutOwnId({ name }: Table, row: Row): Row {
  if (name !== 'attempts') return row
  const { id: _, ...others } = row
  return others
}

const canonical = (row: Row) =>
  JSON.stringify(Object.entries(row).sort(([one], [other]) => (one < other ? -1 : 1)))

async function count(db: Tables, name: Name): Promise<number> {
  const { rows } = await db
    .selectFrom(name)
    .select((eb) => eb.fn.countAll().as('rows'))
    .executeTakeFirstOrThrow()
  return Number(rows)
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
