import type { Kysely } from 'kysely'
import type { Database } from './connection.ts'
import { prepared } from './prepared.ts'
import type { Schema } from './schema.ts'

type HistogramPart = 'bucket' | 'sum' | 'count'

export interface CounterIncrement {
  name:
    | 'characters_spoken'
    | 'characters_saved'
    | 'characters_lost'
    | 'speech_requests'
    | 'speech_characters'
    | `speech_first_byte_${HistogramPart}`
    | `speech_duration_${HistogramPart}`
    | 'clips_stored'
    | 'clips_expired'
    | 'attempts_stored'
    | 'attempts_failed'
    | 'background_retries_stored'
    | 'background_retries_failed'
    | 'clips_undelivered'
    | 'clips_evicted_unproven'
    | 'audit_delivered'
    | 'audit_unknown'
    | 'audit_lost'
    | 'audit_repaired'
    | `time_to_ipfs_${HistogramPart}`
  label?: string
  value: number
}

/** Sums since the first start, which outlive both a restart and the rows that they were counted from. */
export interface Counters {
  add(increments: CounterIncrement[]): Promise<void>
  /** By name, then by label (provider or bucket; '' where there is none). */
  read(): Promise<Record<string, Record<string, number>>>
}

export function createCounters({ read, run }: Database, flush = async () => {}): Counters {
  return {
    add: (increments) => run((db) => addToCounters(db, increments)),

    async read() {
      await flush()
      return read(async (db) => {
        const sums = await db
          .selectFrom('counters')
          .select(['name', 'label', (eb) => eb.fn.sum<number>('value').as('value')])
          .groupBy(['name', 'label'])
          .execute()
        const counters: Record<string, Record<string, number>> = {}
        for (const { name, label, value } of sums) counters[name] = { ...counters[name], [label]: value }
        return counters
      })
    },
  }
}

/** Upper bounds in seconds of the histogram "time from generation to IPFS". */
export const timeToIpfsBuckets = [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 1800, 3600]

export async function addToCounters(db: Kysely<Schema>, increments: CounterIncrement[]): Promise<void> {
  if (increments.length > 0) await add(db, inSameOrder(increments))
}

const add = prepared((db, sums: Required<CounterIncrement>[]) =>
  db
    .insertInto('counters')
    .values(sums)
    .onConflict((conflict) =>
      conflict.columns(['name', 'label', 'slot']).doUpdateSet((eb) => ({
        value: eb('counters.value', '+', eb.ref('excluded.value')),
      })),
    ),
)

/** Each counter once, and in the same order in every transaction, so that no two transactions deadlock. */
export function inSameOrder(increments: CounterIncrement[]) {
  const sums = new Map<string, Required<CounterIncrement>>()
  for (const { name, label = '', value } of increments) {
    const key = JSON.stringify([name, label])
    sums.set(key, { name, label, value: value + (sums.get(key)?.value ?? 0) })
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum)
}

/** Those of the histograms of speech: to the first byte, and to the last. */
export const speechBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 120]

export const timeToIpfsCounters = (seconds: number) =>
  histogramCounters('time_to_ipfs', seconds, { buckets: timeToIpfsBuckets })

/** What one value adds to a histogram, or to that of one `label`, whose buckets are labelled `<label> <bucket>`. */
export function histogramCounters<const Name extends string>(
  name: Name,
  value: number,
  { buckets, label = '' }: { buckets: readonly number[]; label?: string },
) {
  const bucket = String(buckets.find((upper) => value <= upper) ?? '+Inf')
  return [
    { name: `${name}_bucket` as const, label: label ? `${label} ${bucket}` : bucket, value: 1 },
    { name: `${name}_sum` as const, label, value },
    { name: `${name}_count` as const, label, value: 1 },
  ]
}
