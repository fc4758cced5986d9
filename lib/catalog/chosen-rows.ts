import { type Expression, type Kysely, type RawBuilder, type Selectable, sql } from 'kysely'
import type { Schema } from './schema.ts'

/** Some rows of one table, by their keys. Where others may want them too, `query` locks them and skips what is locked. */
export interface Chosen {
  key: readonly string[]
  query: Expression<unknown>
}

/** Changes the chosen rows. Returns them as they are afterwards, in no order. */
export async function updateChosen<Table extends keyof Schema>(
  db: Kysely<Schema>,
  table: Table,
  chosen: Chosen,
  changes: Partial<Selectable<Schema[Table]>>,
): Promise<Selectable<Schema[Table]>[]> {
  const set = Object.entries(changes).map(([column, value]) => sql`${sql.ref(column)} = ${value}`)
  const statement = sql`update ${sql.table(table)} set ${sql.join(set)}`
  const { rows } = await sql<Selectable<Schema[Table]>>`${where(statement, chosen)} returning *`.execute(db)
  return rows
}

/** Deletes the chosen rows, which must be few enough for a short statement. Returns how many there were. */
export async function deleteChosen(db: Kysely<Schema>, table: keyof Schema, chosen: Chosen): Promise<number> {
  const { numAffectedRows = 0n } = await where(sql`delete from ${sql.table(table)}`, chosen).execute(db)
  return Number(numAffectedRows)
}

/** The rows are chosen once for all: a plain subquery Postgres may run again for each row that it looks at. */
function where(statement: RawBuilder<unknown>, { key, query }: Chosen): RawBuilder<unknown> {
  const columns = sql.join(key.map((column) => sql.ref(column)))
  return sql`with chosen as materialized ${query} ${statement} where (${columns}) in (select ${columns} from chosen)`
}
