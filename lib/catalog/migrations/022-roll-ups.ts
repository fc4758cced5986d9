import { type Kysely, sql } from 'kysely'
import type { Dialect } from './dialect.ts'

/**
 * Sums over short and long steps of time, kept by triggers: what a dashboard shows of a month costs the same however many
 * clips there are. Clips are counted by their staging under the state that they have now; all else is counted once, and
 * stays so when its record is deleted.
 */
export async function up(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  const isPostgres = dialect === 'postgres'
  // One sum is several rows in Postgres, so that connections which add to it seldom wait for each other's commit.
  await sql`
    create table roll_ups (
      series text not null,
      step_ms bigint not null,
      starts_at bigint not null,
      label text not null,
      ms bigint not null,
      slot integer not null default ${isPostgres ? sql`(pg_backend_pid() % 8)` : sql`0`},
      value bigint not null,
      primary key (series, step_ms, starts_at, label, ms, slot)
    ) ${isPostgres ? sql`` : sql`without rowid`}`.execute(db)
  for (const { table, series, ...part } of Object.values(parts)) {
    const { at, label, ms, amount } = ofRow(part, table)
    await sql`
      insert into roll_ups (series, step_ms, starts_at, label, ms, slot, value)
      select ${sql.lit(series)}, step_ms, starts_at, label, ms, 0, sum(amount)
      from (
        select steps.ms as step_ms, ${at} / steps.ms * steps.ms as starts_at, ${label} as label, ${ms} as ms, ${amount} as amount
        from ${sql.table(table)} cross join ${steps}
        where ${at} is not null and ${label} is not null
      ) as parts group by step_ms, starts_at, label, ms`.execute(db)
  }
  if (isPostgres) await createRollUpFunction(db)
  for (const trigger of triggers) await createTrigger(db, dialect, trigger)
}

const steps = sql`(select cast(75000 as bigint) as ms union all select 1800000) as steps`

/** What a row adds to a series: nothing where `at` or `label` is null. `row.` stands for the row. */
interface Part {
  table: string
  series: string
  at: string
  label: string
  ms?: string
  amount?: string
}

/** To a few percent, so that one step has few rows. */
const rounded = (ms: string) => `(case when ${ms} < 0 then 0 when ${ms} < 20 then ${ms}
  when ${ms} < 200 then ${ms} / 10 * 10 when ${ms} < 500 then ${ms} / 25 * 25 when ${ms} < 2000 then ${ms} / 100 * 100
  when ${ms} < 10000 then ${ms} / 500 * 500 when ${ms} < 60000 then ${ms} / 2500 * 2500 else ${ms} / 5000 * 5000 end)`

const stateGroup = `(case when row.captions_of is not null then null when row.state in ('staged', 'pending') then 'waiting'
  when row.state in ('stored', 'expired') then row.state end)`

const spoken = { table: 'speech_attempts', at: 'row.started_at', label: `row.vendor || ' ' || row.outcome` }

const parts = {
  clips: { table: 'clips', series: 'clips', at: 'row.staged_at', label: stateGroup },
  timeToIpfs: {
    table: 'clips',
    series: 'time_to_ipfs',
    at: 'case when row.staged_at is not null and row.captions_of is null then row.stored_at end',
    label: 'row.provider',
    ms: rounded('(cast(row.stored_at as bigint) - cast(row.staged_at as bigint))'),
  },
  attempts: {
    table: 'attempts',
    series: 'attempts',
    at: 'row.started_at',
    label: `case when row.outcome <> 'running' then row.provider || case when row."trigger" = 'request'
      then ' request ' else ' background ' end || row.outcome end`,
  },
  speech: { ...spoken, series: 'speech' },
  characters: { ...spoken, series: 'speech_characters', amount: 'row.characters' },
  firstByte: {
    ...spoken,
    series: 'speech_first_byte',
    label: 'case when row.first_byte_ms is not null then row.vendor end',
    ms: rounded('cast(coalesce(row.first_byte_ms, 0) as bigint)'),
  },
} satisfies Record<string, Part>

function ofRow({ at, label, ms = '0', amount = '1' }: Omit<Part, 'table' | 'series'>, row: string) {
  const raw = (text: string) => sql.raw(text.replaceAll('row.', `${row}.`))
  return { at: raw(`cast(${at} as bigint)`), label: raw(label), ms: raw(ms), amount: raw(amount) }
}

interface Trigger {
  name: string
  /** When it runs. */
  on: string
  when: string
  /** What it adds of which row, and what it takes away. */
  adds: [Part, 'new' | 'old'][]
}

const group = (row: string) => stateGroup.replaceAll('row.', `${row}.`)

const triggers: Trigger[] = [
  {
    name: 'clips_added_up',
    on: 'insert on clips',
    when: 'new.staged_at is not null',
    adds: [
      [parts.clips, 'new'],
      [parts.timeToIpfs, 'new'],
    ],
  },
  {
    name: 'clips_moved_up',
    on: 'update of state, staged_at on clips',
    when: `${group('old')} is distinct from ${group('new')} or old.staged_at is distinct from new.staged_at`,
    adds: [
      [parts.clips, 'old'],
      [parts.clips, 'new'],
    ],
  },
  {
    name: 'clips_stored_up',
    on: 'update of stored_at on clips',
    when: 'old.stored_at is null and new.stored_at is not null',
    adds: [[parts.timeToIpfs, 'new']],
  },
  {
    name: 'attempts_added_up',
    on: 'insert on attempts',
    when: `new.outcome <> 'running'`,
    adds: [[parts.attempts, 'new']],
  },
  {
    name: 'attempts_ended_up',
    on: 'update of outcome on attempts',
    when: `old.outcome = 'running' and new.outcome <> 'running'`,
    adds: [[parts.attempts, 'new']],
  },
  {
    name: 'speech_added_up',
    on: 'insert on speech_attempts',
    when: 'true',
    adds: [
      [parts.speech, 'new'],
      [parts.characters, 'new'],
      [parts.firstByte, 'new'],
    ],
  },
]

/** @see https://sqlite.org/lang_createtrigger.html, https://www.postgresql.org/docs/current/sql-createtrigger.html */
async function createTrigger(db: Kysely<unknown>, dialect: Dialect, { name, on, when, adds }: Trigger) {
  const statements = adds.map(([{ series, ...part }, row]) => {
    const { at, label, ms, amount } = ofRow(part, row)
    const signed = row === 'old' ? sql`- (${amount})` : amount
    if (dialect === 'postgres') {
      return sql`perform roll_up(${sql.lit(series)}, ${at}, ${label}, ${ms}, ${signed});`
    }
    return sql`
      insert into roll_ups (series, step_ms, starts_at, label, ms, value)
      select ${sql.lit(series)}, steps.ms, ${at} / steps.ms * steps.ms, ${label}, ${ms}, ${signed} from ${steps}
      where ${at} is not null and ${label} is not null
      on conflict (series, step_ms, starts_at, label, ms, slot) do update set value = value + excluded.value;`
  })
  const body = sql.join(statements, sql` `)
  if (dialect === 'sqlite') {
    await sql`create trigger ${sql.ref(name)} after ${sql.raw(on)} when ${sql.raw(when)} begin ${body} end`.execute(
      db,
    )
    return
  }
  await sql`
    create function ${sql.ref(name)}() returns trigger language plpgsql as $$ begin ${body} return null; end $$`.execute(
    db,
  )
  await sql`
    create trigger ${sql.ref(name)} after ${sql.raw(on)} for each row when (${sql.raw(when)})
    execute function ${sql.ref(name)}()`.execute(db)
}

async function createRollUpFunction(db: Kysely<unknown>) {
  await sql`
    create function roll_up(series text, at bigint, label text, ms bigint, amount bigint) returns void language sql as $$
      insert into roll_ups as known (series, step_ms, starts_at, label, ms, slot, value)
      select $1, steps.ms, $2 / steps.ms * steps.ms, $3, $4, pg_backend_pid() % 8, $5 from ${steps}
      where $2 is not null and $3 is not null
      on conflict (series, step_ms, starts_at, label, ms, slot) do update set value = known.value + excluded.value
    $$`.execute(db)
}
