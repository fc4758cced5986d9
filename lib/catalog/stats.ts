import type { Database } from './connection.ts'
import { pruneSums, readSums, type Span } from './roll-ups.ts'
import type { Sample } from './schema.ts'
import { readTotals } from './totals.ts'

export type { Span } from './roll-ups.ts'

export interface AttemptCount {
  step: number
  provider: string
  isBackground: boolean
  stored: number
  failed: number
}

/** How many clips took about `ms` milliseconds from staged to stored: to 1 ms below 20 ms, to a few percent above. */
export interface TimeToIpfs {
  step: number
  provider: string
  ms: number
  clips: number
}

/** What has happened over time, for people to look at. What was counted stays so when its record is deleted. */
export interface Stats {
  /** Attempts that have ended, counted by step, provider and whether a caller waited for them. */
  attempts(span: Span): Promise<AttemptCount[]>
  timesToIpfs(span: Span): Promise<TimeToIpfs[]>
  /** How many of the clips that were staged in a time are in which state now; those that were deleted are in none. */
  states(span: Span): Promise<{ waiting: number; stored: number; expired: number }>
  /** Records the totals as they are `now`; deletes what was recorded before `forgetBefore`. */
  sample(now: number, forgetBefore: number): Promise<void>
  samples(span: Pick<Span, 'from' | 'to'>): Promise<Sample[]>
}

export function createStats(database: Database): Stats {
  const { read, transaction } = database
  return {
    async attempts(span) {
      const counts = new Map<string, AttemptCount>()
      for (const { step, label, value } of await readSums(database, 'attempts', span)) {
        const [provider = '', who = '', outcome] = label
        const isBackground = who === 'background'
        const key = `${step} ${provider} ${who}`
        const count = counts.get(key) ?? { step, provider, isBackground, stored: 0, failed: 0 }
        counts.set(key, count)
        if (outcome === 'stored') count.stored += value
        else count.failed += value
      }
      return [...counts.values()].toSorted(
        (a, b) =>
          a.step - b.step ||
          a.provider.localeCompare(b.provider) ||
          Number(a.isBackground) - Number(b.isBackground),
      )
    },

    async timesToIpfs(span) {
      const sums = await readSums(database, 'time_to_ipfs', span)
      return sums.map(({ step, label, ms, value }) => ({ step, provider: label[0] ?? '', ms, clips: value }))
    },

    async states(span) {
      const states = { waiting: 0, stored: 0, expired: 0 }
      for (const { label, value } of await readSums(database, 'clips', span)) {
        states[label[0] as keyof typeof states] += value
      }
      return states
    },

    sample: (now, forgetBefore) =>
      transaction(async (db) => {
        await db
          .insertInto('samples')
          .values({ takenAt: now, ...(await readTotals(db)) })
          .onConflict((conflict) => conflict.doNothing())
          .execute()
        await db.deleteFrom('samples').where('takenAt', '<', forgetBefore).execute()
        await pruneSums(db, now, forgetBefore)
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
