import { randomBytes } from 'node:crypto'
import { deleteChosen } from './chosen-rows.ts'
import { isSpeechFault } from './conditions.ts'
import type { Database } from './connection.ts'
import { addToCounters, type CounterIncrement, histogramCounters, speechBuckets } from './counters.ts'
import type { Emit } from './events.ts'
import { prepared } from './prepared.ts'
import { readSums, type Span } from './roll-ups.ts'
import type { SpeechAttemptRow } from './schema.ts'
import { writeTogether } from './write-together.ts'

export type NewSpeechAttempt = Omit<SpeechAttemptRow, 'id'>

/** How often one vendor ended so within a span of time. */
export interface SpeechCount {
  vendor: string
  outcome: string
  attempts: number
  characters: number
}

/** How many attempts had their first byte after about `ms` milliseconds. */
export interface FirstByteTime {
  vendor: string
  ms: number
  attempts: number
}

/** The log of attempts at speech vendors, written when they are over. */
export interface SpeechAttempts {
  /** Resolves once it is written, together with those of the same moment. */
  record(attempt: NewSpeechAttempt): Promise<void>
  /** Writes at once what waits to be written. Never rejects. */
  flush(): Promise<void>
  counts(span: Span): Promise<SpeechCount[]>
  firstByteTimes(span: Span): Promise<FirstByteTime[]>
  /** The latest ones in which a vendor has failed: not those that were wrong or cancelled. */
  latestFailures(options: { from: number; limit: number }): Promise<SpeechAttemptRow[]>
  /** Deletes those that began before `before`. Returns how many. */
  prune(before: number): Promise<number>
}

const asOneStep = ({ from, to }: Span): Span => ({ from, to, stepMs: to - from })

/** How many are deleted by one statement, which must not take long. */
const PRUNED_AT_ONCE = 1000
const FAULTLESS = ['spoken', 'refused', 'cancelled']
/** Whether an outcome says something against the vendor. */
export const isFault = (outcome: string) => !FAULTLESS.includes(outcome)

/** How long one may wait to be written: a transaction of its own costs more than all that is in it. */
const WRITE_AFTER_MS = 50

const insert = prepared((db, row: SpeechAttemptRow) => db.insertInto('speechAttempts').values(row))

export function createSpeechAttempts(database: Database, emit: Emit): SpeechAttempts {
  const { read, run, transaction } = database
  const together = writeTogether(
    (attempts: NewSpeechAttempt[]) =>
      transaction(async (db) => {
        for (const attempt of attempts) await insert(db, { id: randomBytes(16).toString('hex'), ...attempt })
        await addToCounters(db, attempts.flatMap(countersOf))
      }),
    { afterMs: WRITE_AFTER_MS },
  )

  return {
    flush: together.flush,

    async record(attempt) {
      // The trace of its clip may be over before it is written.
      if (attempt.clipId) emit({ ...attempt, type: 'speech_ended', clipId: attempt.clipId })
      await together.add(attempt)
    },

    async counts(span) {
      await together.flush()
      const counts = new Map<string, SpeechCount>()
      for (const series of ['speech', 'speech_characters'] as const) {
        for (const { label, value } of await readSums(database, series, asOneStep(span))) {
          const [vendor = '', outcome = ''] = label
          const key = label.join(' ')
          const count = counts.get(key) ?? { vendor, outcome, attempts: 0, characters: 0 }
          counts.set(key, count)
          count[series === 'speech' ? 'attempts' : 'characters'] += value
        }
      }
      const inOrder = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))
      return inOrder.map(([, count]) => count)
    },

    async firstByteTimes(span) {
      await together.flush()
      const sums = await readSums(database, 'speech_first_byte', asOneStep(span))
      return sums.map(({ label, ms, value }) => ({ vendor: label[0] ?? '', ms, attempts: value }))
    },

    async latestFailures({ from, limit }) {
      await together.flush()
      return read((db) =>
        db
          .selectFrom('speechAttempts')
          .selectAll()
          .where('startedAt', '>=', from)
          .where(isSpeechFault)
          .orderBy('startedAt', 'desc')
          .limit(limit)
          .execute(),
      )
    },

    async prune(before) {
      for (let pruned = 0; ; ) {
        const count = await run((db) => {
          const query = db
            .selectFrom('speechAttempts')
            .select('id')
            .where('startedAt', '<', before)
            .orderBy('startedAt')
            .limit(PRUNED_AT_ONCE)
          return deleteChosen(db, 'speechAttempts', { key: ['id'], query })
        })
        pruned += count
        if (count < PRUNED_AT_ONCE) return pruned
      }
    },
  }
}

/** What one attempt adds to the sums. A vendor that was too late may charge for the text all the same. */
function countersOf({
  vendor,
  outcome,
  characters,
  firstByteMs,
  durationMs,
}: NewSpeechAttempt): CounterIncrement[] {
  return [
    { name: 'speech_requests', label: `${vendor} ${outcome}`, value: 1 },
    ...(outcome === 'spoken'
      ? [{ name: 'speech_characters' as const, label: vendor, value: characters }]
      : []),
    ...(outcome === 'timeout' && firstByteMs === null
      ? [{ name: 'characters_lost' as const, label: 'given_up', value: characters }]
      : []),
    ...(firstByteMs === null
      ? []
      : histogramCounters('speech_first_byte', firstByteMs / 1000, {
          buckets: speechBuckets,
          label: vendor,
        })),
    ...(outcome === 'spoken'
      ? histogramCounters('speech_duration', durationMs / 1000, { buckets: speechBuckets, label: vendor })
      : []),
  ]
}
