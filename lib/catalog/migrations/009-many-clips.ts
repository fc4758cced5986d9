import { type Kysely, sql } from 'kysely'
import type { Dialect } from './dialect.ts'

/** What a claim, a clean-up or a reservation costs no longer depends on how many clips there are. */
export async function up(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await replaceIndexes(db)
  await splitCounters(db, dialect)
  await addHoldings(db)
  await (dialect === 'postgres' ? countInPostgres(db) : countInSqlite(db))
}

async function replaceIndexes(db: Kysely<unknown>) {
  await sql`drop index clips_due`.execute(db)
  // Word for word `claimableAt`: a leased clip is sorted by the end of its lease, so that a claim need not skip it.
  await sql`
    create index clips_claimable on clips (
      (case when lease_expires_at > next_attempt_at then lease_expires_at else next_attempt_at end)
    ) where state in ('staged', 'pending')`.execute(db)
  await sql`create index clips_ending on clips (expires_at) where state in ('staged', 'pending')`.execute(db)
  await sql`create index clips_speaking on clips (lease_expires_at) where state = 'speaking'`.execute(db)
  await sql`drop index clips_held`.execute(db)
  await sql`
    create index clips_settled on clips (expires_at)
    where is_held = 1 and state in ('stored', 'expired')`.execute(db)
  // Without those that are lost, which nobody checks again.
  await sql`drop index pins_by_check`.execute(db)
  await sql`create index pins_by_check on pins (checked_at, pinned_at) where lost_at is null`.execute(db)
}

/** One counter is several rows in Postgres, so that connections which add to it seldom wait for each other's commit. */
async function splitCounters(db: Kysely<unknown>, dialect: Dialect) {
  await sql`alter table counters rename to counters_before`.execute(db)
  const slot = dialect === 'postgres' ? sql`(pg_backend_pid() % 16)` : sql`0`
  await sql`
    create table counters (
      name text not null,
      label text not null,
      slot integer not null default ${slot},
      value double precision not null,
      primary key (name, label, slot)
    )`.execute(db)
  await sql`insert into counters (name, label, slot, value) select name, label, 0, value from counters_before`.execute(
    db,
  )
  await sql`drop table counters_before`.execute(db)
  // By this key the previous version, which may still run, adds to counters.
  if (dialect === 'sqlite')
    await sql`create unique index counters_by_name on counters (name, label)`.execute(db)
}

/** Totals that would take long to count. The truth is the sum over all slots; one alone may be negative. */
async function addHoldings(db: Kysely<unknown>) {
  await sql`
    create table holdings (
      slot integer primary key,
      held_clips bigint not null,
      held_bytes bigint not null,
      waiting_clips bigint not null
    )`.execute(db)
  await sql`
    insert into holdings (slot, held_clips, held_bytes, waiting_clips)
    select 0, coalesce(sum(is_held), 0), coalesce(sum(is_held * size_bytes), 0),
      coalesce(sum(case when state in ('staged', 'pending') then 1 else 0 end), 0)
    from clips`.execute(db)
}

const isWaiting = (row: 'old' | 'new') =>
  sql`(case when ${sql.raw(row)}.state in ('staged', 'pending') then 1 else 0 end)`

const hasChanged = sql`
  old.is_held <> new.is_held or old.size_bytes <> new.size_bytes or ${isWaiting('old')} <> ${isWaiting('new')}`

/** @see https://sqlite.org/lang_createtrigger.html */
async function countInSqlite(db: Kysely<unknown>) {
  const add = (row: 'old' | 'new', sign: '+' | '-') => sql`
    update holdings set
      held_clips = held_clips ${sql.raw(sign)} ${sql.ref(`${row}.is_held`)},
      held_bytes = held_bytes ${sql.raw(sign)} ${sql.ref(`${row}.is_held`)} * ${sql.ref(`${row}.size_bytes`)},
      waiting_clips = waiting_clips ${sql.raw(sign)} ${isWaiting(row)}
    where slot = 0;`
  await sql`create trigger clips_added after insert on clips begin ${add('new', '+')} end`.execute(db)
  await sql`create trigger clips_removed after delete on clips begin ${add('old', '-')} end`.execute(db)
  await sql`
    create trigger clips_changed after update of is_held, size_bytes, state on clips when ${hasChanged}
    begin ${add('old', '-')} ${add('new', '+')} end`.execute(db)
}

/** @see https://www.postgresql.org/docs/current/sql-createtrigger.html */
async function countInPostgres(db: Kysely<unknown>) {
  await sql`
    create function count_holdings(clips bigint, bytes bigint, waiting bigint) returns void language sql as $$
      insert into holdings as known (slot, held_clips, held_bytes, waiting_clips)
      values (pg_backend_pid() % 16, clips, bytes, waiting)
      on conflict (slot) do update set
        held_clips = known.held_clips + excluded.held_clips,
        held_bytes = known.held_bytes + excluded.held_bytes,
        waiting_clips = known.waiting_clips + excluded.waiting_clips
    $$`.execute(db)
  const all = (sign: '+' | '-') => sql`
    begin
      perform count_holdings(
        ${sql.raw(sign)} coalesce(sum(is_held), 0)::bigint,
        ${sql.raw(sign)} coalesce(sum(is_held * size_bytes), 0)::bigint,
        ${sql.raw(sign)} count(*) filter (where state in ('staged', 'pending'))
      ) from rows having count(*) > 0;
      return null;
    end`
  await sql`create function count_added_clips() returns trigger language plpgsql as $$ ${all('+')} $$`.execute(
    db,
  )
  await sql`create function count_removed_clips() returns trigger language plpgsql as $$ ${all('-')} $$`.execute(
    db,
  )
  await sql`
    create function count_changed_clip() returns trigger language plpgsql as $$
    begin
      perform count_holdings(
        new.is_held - old.is_held,
        new.is_held * new.size_bytes - old.is_held * old.size_bytes,
        ${isWaiting('new')} - ${isWaiting('old')}
      );
      return null;
    end $$`.execute(db)
  await sql`
    create trigger clips_added after insert on clips referencing new table as rows
    for each statement execute function count_added_clips()`.execute(db)
  await sql`
    create trigger clips_removed after delete on clips referencing old table as rows
    for each statement execute function count_removed_clips()`.execute(db)
  await sql`
    create trigger clips_changed after update of is_held, size_bytes, state on clips
    for each row when (${hasChanged}) execute function count_changed_clip()`.execute(db)
}
