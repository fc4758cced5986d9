import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { HOUR_MS } from '#lib/platform/units.ts'
import type { Database } from './connection.ts'
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

/** How many of the steps that sums are kept over one statement looks at where it holds up the process. */
const STEPS_AT_ONCE = 60

/**
 * The sums of a series over the steps of `span`, in their order, at the same cost however many clips there are.
 *
 * @throws CatalogError
 */
export async function readSums({ read, blocks }: Database, series: Series, span: Span): Promise<Sum[]> {
  const { from, to, stepMs } = span
  const keptMs = KEPT_STEPS_MS.find((ms) => stepMs % ms === 0 && from % ms === 0)
  if (keptMs === undefined) throw new RangeError(`There are no sums by ${stepMs} ms from ${from}`)
  const partMs = blocks ? STEPS_AT_ONCE * keptMs : to - from
  const sums = new Map<string, SumRow>()
  for (let partFrom = from; partFrom < to; partFrom += partMs) {
    const part = { keptMs, partFrom, partTo: Math.min(partFrom + partMs, to) }
    for (const row of await read((db) => readPart(db, series, span, part))) {
      const key = `${row.step} ${row.ms} ${row.label}`
      const before = sums.get(key)
      if (before) before.value += row.value
      else sums.set(key, row)
    }
    if (blocks) await nextTurn()
  }
  return [...sums.values()]
    .toSorted(
      (a, b) => a.step - b.step || (a.label < b.label ? -1 : Number(a.label > b.label)) || a.ms - b.ms,
    )
    .map((sum) => ({ ...sum, label: sum.label.split(' ') }))
}

type SumRow = Record<'step' | 'ms' | 'value', number> & { label: string }

async function readPart(
  db: Kysely<Schema>,
  series: Series,
  { from, stepMs }: Span,
  { keptMs, partFrom, partTo }: Record<'keptMs' | 'partFrom' | 'partTo', number>,
): Promise<SumRow[]> {
  // Literals, since the driver sends every number as a floating-point one, by which division would not be whole.
  const { rows } = await sql<SumRow>`
    select (starts_at - ${sql.lit(from)}) / ${sql.lit(stepMs)} as step, label, ms, sum(value) as value from roll_ups
    where series = ${series} and step_ms = ${keptMs} and starts_at >= ${partFrom} and starts_at < ${partTo}
    group by 1, 2, 3 having sum(value) > 0`.execute(db)
  return rows.map(({ step, label, ms, value }) => ({
    step: Number(step),
    label,
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
