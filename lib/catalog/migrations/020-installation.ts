import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'

/** By what a bucket knows whose it is. A copy of the catalog has the same name: it is the same catalog, restored. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('installation')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .execute()
  await sql`insert into installation (id) values (${randomUUID()})`.execute(db)
}
