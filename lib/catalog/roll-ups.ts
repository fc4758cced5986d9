import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { HOUR_MS } from '#lib/platform/units.ts'
import type { Schema } from './schema.ts'

/**
 * A stretch of time in steps, in milliseconds: `from` is part of it, `to` is not. A clip or attempt falls into
 * step 0, 1, 2, … Steps are whole times 75 seconds long and begin at such times.
 */
export interface Span {
  from: number
  to: number
  stepMs: number
}

/** What is summed up by triggers. Where there is a duration, `ms` has it, to a few percent. */
type Series =
  /** Clips by their staging; the label is `waiting`, `stored` or `expired`. */
  | 'clips'
  /** Clips by their storing: the provider, and how long that took from the staging. */
  | 'time_to_ipfs'
  /** Attempts that have ended: provider, `request` or `background`, outcome. */
  | 'attempts'
  /** Attempts at speech vendors and their characters: vendor, outcome. */
  | 'speech'
  | 'speech_characters'
  /** Attempts at speech vendors that had a first byte: vendor, and after how long. */
  | 'speech_first_byte'

/** The steps that sums are kept over, longest first. */
const KEPT_STEPS_MS = [1_800_000, 75_000]
/** Short steps are only shown for the last hour. */
const SHORT_STEPS_KEPT_MS = 2 * HOUR_MS

interface Sum {
  step: number
  /** The parts of the label. */
  label: string[]
  ms: number
  value: number
}

/** The sums of a series over the steps of `span`, in their order, at the same cost however many clips there are. */
export async function readSums(db: Kysely<Schema>, series: Series, span: Span): Promise<Sum[]> {
  const { from, to, stepMs } = span
  const keptMs = KEPT_STEPS_MS.find((ms) => stepMs % ms === 0 && from % ms === 0)
  if (keptMs === undefined) throw new RangeError(`There are no sums by ${stepMs} ms from ${from}`)
  // Literals, since the driver sends every number as a floating-point one, by which division would not be whole.
  const { rows } = await sql<{ step: number; label: string; ms: number; value: number }>`
    select (starts_at - ${sql.lit(from)}) / ${sql.lit(stepMs)} as step, label, ms, sum(value) as value from roll_ups
    where series = ${series} and step_ms = ${keptMs} and starts_at >= ${from} and starts_at < ${to}
    group by 1, 2, 3 having sum(value) > 0 order by 1, 2, 3`.execute(db)
  // SQLite takes some milliseconds for a month, in which nobody else gets on.
  await nextTurn()
  return rows.map(({ step, label, ms, value }) => ({
    step: Number(step),
    label: label.split(' '),
    ms: Number(ms),
    value: Number(value),
  }))
}

/** Deletes the sums of before `forgetBefore`, and short steps that nobody looks at any more. */
export async function pruneSums(db: Kysely<Schema>, now: number, forgetBefore: number): Promise<void> {
  for (const [index, stepMs] of KEPT_STEPS_MS.entries()) {
    const before = index === 0 ? forgetBefore : Math.max(forgetBefore, now - SHORT_STEPS_KEPT_MS)
    await sql`
      delete from roll_ups where series in ('clips', 'time_to_ipfs', 'attempts', 'speech', 'speech_characters', 'speech_first_byte')
        and step_ms = ${stepMs} and starts_at < ${before}`.execute(db)
  }
}
