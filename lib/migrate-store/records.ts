import { sql } from 'kysely'
import type { Database } from '#lib/catalog/connection.ts'
import {
  asTables,
  batchesOf,
  countRows,
  type Row,
  type Table,
  type Tables,
  tables,
  withoutOwnId,
} from './tables.ts'

/** Whether nobody has recorded anything in the target yet. */
export async function isEmpty(target: Database): Promise<boolean> {
  return target.read(async (db) => {
    for (const table of tables) {
      if (!table.mayHaveMore && (await countRows(asTables(db), table)) > 0) return false
    }
    const counted = await db.selectFrom('counters').select('value').where('value', '<>', 0).limit(1).execute()
    return counted.length === 0
  })
}

/**
 * Copies all records into an empty target in one transaction: they are all there, or none. Leases end, since the processes
 * that held them have; attempts get new ids in their order.
 */
export async function copyRecords(source: Database, target: Database): Promise<void> {
  await target.transaction(async (db) => {
    const into = asTables(db)
    const names = tables.map(({ name }) => sql.table(snakeCase(name)))
    // A service that starts on the target now waits until all of it is there.
    await sql`lock table ${sql.join(names)} in exclusive mode`.execute(db)
    await source.read(async (from) => {
      for (const table of tables) {
        for await (const rows of batchesOf(asTables(from), table)) await insert(into, table, rows)
      }
      // It is the same catalog to a bucket that was its already.
      const { id } = await from.selectFrom('installation').selectAll().executeTakeFirstOrThrow()
      await db.updateTable('installation').set({ id }).execute()
    })
  })
}

async function insert(into: Tables, table: Table, rows: Row[]) {
  const isCounter = table.name === 'counters'
  await into
    .insertInto(table.name)
    .values(rows.map((row) => (isCounter ? { ...row, slot: 0 } : withoutOwnId(table, row))))
    .$if(isCounter, (query) =>
      query.onConflict((conflict) =>
        conflict
          .columns(['name', 'label', 'slot'])
          .doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
      ),
    )
    .$if(table.name === 'samples', (query) => query.onConflict((conflict) => conflict.doNothing()))
    .execute()
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
