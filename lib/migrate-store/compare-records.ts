import { createHash } from 'node:crypto'
import type { Database } from '#lib/catalog/connection.ts'
import {
  asCopied,
  asTables,
  BATCH,
  batchesOf,
  countRows,
  type Row,
  selectFrom,
  type Table,
  type Tables,
  tables,
  withoutOwnId,
} from './tables.ts'

/** How one table of the target compares with that of the source. */
export interface TableProof {
  name: string
  sourceRows: number
  targetRows: number
  /** Rows that are missing in the target, differ there, or should not be there. */
  differing: number
}

/** Compares every row of the source with that of the target. */
export async function compareRecords(source: Database, target: Database): Promise<TableProof[]> {
  const proofs: TableProof[] = []
  for (const table of tables) {
    const compare = table.name === 'attempts' ? compareAttempts : compareByKey
    proofs.push(
      await source.read((from) => target.read((to) => compare(asTables(from), asTables(to), table))),
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
    table.name === 'counters' ? (await selectFrom(to, table).execute()).length : await countRows(to, table)
  const foreignRows = table.mayHaveMore ? 0 : Math.max(0, targetRows - sourceRows)
  return { name: table.name, sourceRows, targetRows, differing: differing + foreignRows }
}

/** Attempts have no key in common: what is compared is how many there are, and the sum of all their hashes. */
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

const canonical = (row: Row) =>
  JSON.stringify(Object.entries(row).sort(([one], [other]) => (one < other ? -1 : 1)))
