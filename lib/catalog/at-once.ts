import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Clip } from '#lib/model/clip.ts'
import { attemptCounter, becomeEnded, type EndedAttempt, endedRow, type NewAttempt } from './attempt-rows.ts'
import {
  becomeStaged,
  becomeStored,
  firstPin,
  type KeptFacts,
  type StagedFacts,
  stagedRow,
  storedRow,
} from './clip-transitions.ts'
import { timeToIpfsBuckets } from './counters.ts'
import type { Lease } from './leases.ts'
import { type ClipRow, type Schema, toClip } from './schema.ts'

// Each of these is one statement where SQLite, which is not far away, takes a transaction of several. For `atOnce`.

type Db = Kysely<Schema>

/** Adds the rows that `rows` selects, of a name, a label and a value, to the counters. */
const addToCounters = (rows: RawBuilder<unknown>) =>
  sql`insert into counters (name, label, value) ${rows}
    on conflict (name, label, slot) do update set value = counters.value + excluded.value`

/** As `stageClip`; `undefined` where nothing has changed. */
export async function stageAtOnce(db: Db, id: string, facts: StagedFacts): Promise<Clip | undefined> {
  const counted = sql`select 'characters_spoken', '', characters from staged
    where not exists (select from scripts where clip_id = ${id})`
  const { rows } = await sql<ClipRow>`with
    staged as (${becomeStaged(db, stagedRow(id, facts)).returningAll()}),
    counted as (${addToCounters(counted)})
    select * from staged`.execute(db)
  return rows[0] && toClip(rows[0])
}

/** As `storeClip` where nobody is told by webhook. `clip` is `undefined` where it has not changed. */
export async function storeAtOnce(
  db: Db,
  id: string,
  { attempt, ...facts }: KeptFacts & { attempt?: EndedAttempt | undefined },
): Promise<{ clip: Clip | undefined }> {
  const { provider, storedAt } = facts
  const pin = firstPin(id, facts)
  const seconds = sql`greatest(0, ${storedAt}::bigint - coalesce(staged_at, created_at)) / 1000.0`
  const cases = timeToIpfsBuckets.map(
    (upper) => sql`when ${seconds} <= ${sql.lit(upper)} then ${String(upper)}`,
  )
  const ended = attempt && sql`ended as (${becomeEnded(db, endedRow(attempt)).returning('clipId')}),`
  // In the order in which all transactions take them.
  const counted = sql`${attempt ? sql`${rowOf(attempt)} union all ` : sql``}select counter.* from stored cross join lateral (values
      ('clips_stored', ${provider}, 1),
      ('time_to_ipfs_bucket', case ${sql.join(cases, sql` `)} else '+Inf' end, 1),
      ('time_to_ipfs_count', '', 1),
      ('time_to_ipfs_sum', '', ${seconds})
    ) counter (name, label, value) where stored.captions_of is null`
  const { rows } = await sql<ClipRow>`with ${ended ?? sql``}
    stored as (${becomeStored(db, storedRow(id, facts)).returningAll()}),
    pinned as (
      insert into pins (clip_id, provider, cid, pinned_at, proven_at, read_back_at)
      select id, ${pin.provider}, ${pin.cid}, ${pin.pinnedAt}, ${pin.provenAt}, ${pin.readBackAt} from stored
      on conflict do nothing
    ),
    counted as (${addToCounters(counted)})
    select * from stored`.execute(db)
  return { clip: rows[0] && toClip(rows[0]) }
}

/** As `beginAttempt`. */
export async function beginAtOnce(db: Db, attempt: NewAttempt, lease?: Lease): Promise<number | undefined> {
  const { clipId, provider, trigger, startedAt } = attempt
  const { rows } = await sql<{ id: number }>`with
    kept as (
      update clips set attempts = attempts + 1${lease ? sql`, lease_expires_at = ${lease.expiresAt}` : sql``}
      where id = ${clipId}${lease ? sql` and lease_owner = ${lease.owner}` : sql``} returning id
    )
    insert into attempts (clip_id, provider, trigger, started_at, outcome, may_have_stored)
    select id, ${provider}, ${trigger}, ${startedAt}, 'running', 1 from ${lease ? sql`kept` : sql`(values (${clipId})) clip (id)`}
    returning id`.execute(db)
  return rows[0]?.id
}

/** As `endAttempt`: the id of the clip; `undefined` where the attempt is not in the log. */
export async function endAtOnce(db: Db, attempt: EndedAttempt): Promise<string | undefined> {
  const { rows } = await sql<{ clipId: string }>`with
    ended as (${becomeEnded(db, endedRow(attempt)).returning('clipId')}),
    counted as (${addToCounters(rowOf(attempt))})
    select clip_id from ended`.execute(db)
  return rows[0]?.clipId
}

function rowOf(attempt: EndedAttempt) {
  const { name, label = '', value } = attemptCounter(attempt)
  return sql`select ${name}::text, ${label}::text, ${value}::double precision`
}
