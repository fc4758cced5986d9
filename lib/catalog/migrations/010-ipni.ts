import { type Kysely, sql } from 'kysely'
import type { Dialect } from './dialect.ts'

/** The chain of IPNI advertisements, and what is still to be advertised. */
export async function up(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  // One row, from when the chain has begun. `head` is the latest advertisement.
  await db.schema
    .createTable('ipni_chain')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('peer_id', 'text', (column) => column.notNull())
    .addColumn('address', 'text')
    .addColumn('head', 'text')
    .addColumn('next_announcement_at', 'bigint', (column) => column.notNull())
    .addColumn('failed_announcements', 'integer', (column) => column.notNull())
    .execute()
  // Advertisements and their entries, in DAG-JSON.
  await db.schema
    .createTable('ipni_blocks')
    .addColumn('cid', 'text', (column) => column.primaryKey())
    .addColumn('body', 'text', (column) => column.notNull())
    .execute()
  // What is advertised now, and in which context.
  await db.schema
    .createTable('ipni_entries')
    .addColumn('cid', 'text', (column) => column.primaryKey())
    .addColumn('context', 'text', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('ipni_entries_by_context').on('ipni_entries').columns(['context']).execute()
  // Content that was pinned or lost since it was advertised, or never was.
  await db.schema
    .createTable('ipni_changes')
    .addColumn('cid', 'text', (column) => column.primaryKey())
    .addColumn('version', 'integer', (column) => column.notNull())
    .execute()
  await (dialect === 'postgres' ? watchInPostgres(db) : watchInSqlite(db))
}

/** Without a chain nobody reads what has changed. */
const record = (row: 'old' | 'new') => sql`
  insert into ipni_changes (cid, version)
  select ${sql.raw(row)}.cid, 1 from ipni_chain where true
  on conflict (cid) do update set version = ipni_changes.version + 1`

async function watchInSqlite(db: Kysely<unknown>) {
  await sql`
    create trigger ipni_pin_added after insert on pins when new.provider = 'embedded'
    begin ${record('new')}; end`.execute(db)
  await sql`
    create trigger ipni_pin_removed after delete on pins when old.provider = 'embedded'
    begin ${record('old')}; end`.execute(db)
  await sql`
    create trigger ipni_pin_changed after update of cid, lost_at on pins
    when new.provider = 'embedded' and (old.cid <> new.cid or (old.lost_at is null) <> (new.lost_at is null))
    begin ${record('old')}; ${record('new')}; end`.execute(db)
}

async function watchInPostgres(db: Kysely<unknown>) {
  await sql`
    create function ipni_note_pin() returns trigger language plpgsql as $$
    begin
      if tg_op <> 'INSERT' then ${record('old')}; end if;
      if tg_op <> 'DELETE' then ${record('new')}; end if;
      return null;
    end $$`.execute(db)
  await sql`
    create trigger ipni_pin_added after insert on pins for each row
    when (new.provider = 'embedded') execute function ipni_note_pin()`.execute(db)
  await sql`
    create trigger ipni_pin_removed after delete on pins for each row
    when (old.provider = 'embedded') execute function ipni_note_pin()`.execute(db)
  await sql`
    create trigger ipni_pin_changed after update of cid, lost_at on pins for each row
    when (new.provider = 'embedded' and (old.cid <> new.cid or (old.lost_at is null) <> (new.lost_at is null)))
    execute function ipni_note_pin()`.execute(db)
}
