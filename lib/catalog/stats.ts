import { sql } from 'kysely'
import type { ClipState } from '#lib/model/clip.ts'
import type { Database } from './connection.ts'
import type { Sample } from './schema.ts'
import { readTotals } from './totals.ts'

/**
 * A stretch of time in steps, in milliseconds: `from` is part of it, `to` is not. A clip or attempt falls into
 * step 0, 1, 2, …
 */
export interface Span {
  from: number
  to: number
  stepMs: number
}

export interface AttemptCount {
  step: number
  provider: string
  isBackground: boolean
  stored: number
  failed: number
}

/** How many clips took about `ms` milliseconds from staged to stored: to 1 ms below 100 ms, to a few percent above. */
export interface TimeToIpfs {
  step: number
  provider: string
  ms: number
  clips: number
}

/** What has happened over time, for people to look at. */
export interface Stats {
  /** Attempts that have ended, counted by step, provider and whether a caller waited for them. */
  attempts(span: Span): Promise<AttemptCount[]>
  timesToIpfs(span: Span): Promise<TimeToIpfs[]>
  /** How many of the clips that were staged since `from` are in which state now. */
  states(from: number): Promise<Partial<Record<ClipState, number>>>
  /** Records the totals as they are `now`; deletes what was recorded before `forgetBefore`. */
  sample(now: number, forgetBefore: number): Promise<void>
  samples(span: Pick<Span, 'from' | 'to'>): Promise<Sample[]>
}

export function createStats({ read, transaction }: Database): Stats {
  return {
    attempts: (span) =>
      read(async (db) => {
        const { rows } = await sql<{
          step: number
          provider: string
          isBackground: number
          stored: number
          failed: number
        }>`
          select ${stepOf('started_at', span)} as step, provider,
            case when "trigger" = 'request' then 0 else 1 end as is_background,
            sum(case when outcome = 'stored' then 1 else 0 end) as stored,
            sum(case when outcome = 'failed' then 1 else 0 end) as failed
          from attempts
          where started_at >= ${span.from} and started_at < ${span.to} and outcome <> 'running'
          group by 1, 2, 3 order by 1, 2, 3`.execute(db)
        return rows.map((row) => ({
          step: Number(row.step),
          provider: row.provider,
          isBackground: row.isBackground === 1,
          stored: Number(row.stored),
          failed: Number(row.failed),
        }))
      }),

    timesToIpfs: (span) =>
      read(async (db) => {
        const { rows } = await sql<{ step: number; provider: string; ms: number; clips: number }>`
          with timed as (
            select ${stepOf('stored_at', span)} as step, provider, stored_at - staged_at as ms
            from clips
            where stored_at >= ${span.from} and stored_at < ${span.to} and staged_at is not null
              and captions_of is null
          )
          select step, provider, count(*) as clips,
            case when ms < 0 then 0 when ms < 100 then ms when ms < 1000 then ms / 10 * 10
              when ms < 60000 then ms / 100 * 100 else ms / 5000 * 5000 end as ms
          from timed group by 1, 2, 4`.execute(db)
        return rows.map(({ step, provider, ms, clips }) => ({
          step: Number(step),
          provider,
          ms: Number(ms),
          clips: Number(clips),
        }))
      }),

    states: (from) =>
      read(async (db) => {
        const rows = await db
          .selectFrom('clips')
          .select((eb) => ['state', eb.fn.countAll<number>().as('clips')])
          .where('stagedAt', '>=', from)
          .where('captionsOf', 'is', null)
          .groupBy('state')
          .execute()
        return Object.fromEntries(rows.map(({ state, clips }) => [state, Number(clips)]))
      }),

    sample: (now, forgetBefore) =>
      transaction(async (db) => {
        await db
          .insertInto('samples')
          .values({ takenAt: now, ...(await readTotals(db)) })
          .onConflict((conflict) => conflict.doNothing())
          .execute()
        await db.deleteFrom('samples').where('takenAt', '<', forgetBefore).execute()
      }),

    samples: ({ from, to }) =>
      read(async (db) => {
        const query = db
          .selectFrom('samples')
          .selectAll()
          .where('takenAt', '>=', from)
          .where('takenAt', '<', to)
        return query.orderBy('takenAt').execute()
      }),
  }
}

/** Literals, since the driver sends every number as a floating-point one, by which division would not be whole. */
function stepOf(column: string, { from, stepMs }: Span) {
  return sql`(${sql.ref(column)} - ${sql.lit(from)}) / ${sql.lit(stepMs)}`
}
