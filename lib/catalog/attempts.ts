import type { Kysely } from 'kysely'
import { beginAtOnce, endAtOnce } from './at-once.ts'
import { type Attempt, type AttemptEnd, beginAttempt, endAttempt, type NewAttempt } from './attempt-rows.ts'
import { deleteChosen } from './chosen-rows.ts'
import { isWaiting } from './conditions.ts'
import type { Database } from './connection.ts'
import type { Emit } from './events.ts'
import type { Lease } from './leases.ts'
import type { Schema } from './schema.ts'

export type { Attempt, AttemptEnd, EndedAttempt, NewAttempt, Trigger } from './attempt-rows.ts'
export { backgroundTriggers } from './attempt-rows.ts'

/** How many are deleted by one statement, which must not take long. */
const PRUNED_AT_ONCE = 1000

/** The log of attempts: written before an attempt starts and again when it ends, so that a crash leaves its trace. */
export interface Attempts {
  begin(attempt: NewAttempt): Promise<number>
  /** The same under a lease on the clip, which is prolonged. `undefined`: it was lost, and nothing is recorded. */
  beginUnderLease(attempt: NewAttempt, lease: Lease): Promise<number | undefined>
  /** Returns the id of the clip; `undefined` where the attempt is not in the log. */
  end(id: number, provider: string, end: AttemptEnd): Promise<string | undefined>
  ofClip(clipId: string): Promise<Attempt[]>
  /**
   * The providers that hold a clip or may hold it: attempts that broke off, answers that were lost, ends that were not
   * recorded.
   */
  ambiguousProviders(clipId: string): Promise<string[]>
  /** Deletes attempts older than `before` of clips that are settled. Returns how many. */
  prune(before: number): Promise<number>
}

export function createAttempts({ read, run, transaction, atOnce }: Database, emit: Emit): Attempts {
  return {
    async begin(attempt) {
      const { clipId, provider } = attempt
      const steps = () => transaction((db) => beginAttempt(db, attempt))
      const id = (await atOnce((db) => beginAtOnce(db, attempt))) ?? (await steps())
      emit({ type: 'attempt_begun', clipId, provider })
      return id as number
    },

    async beginUnderLease(attempt, lease) {
      const { clipId, provider } = attempt
      const steps = () => transaction((db) => beginAttempt(db, attempt, lease))
      const id = (await atOnce((db) => beginAtOnce(db, attempt, lease))) ?? (await steps())
      if (id !== undefined) emit({ type: 'attempt_begun', clipId, provider })
      return id
    },

    async end(id, provider, end) {
      const attempt = { id, provider, end }
      const steps = () => transaction((db) => endAttempt(db, attempt))
      const ended = await atOnce(async (db) => ({ id: await endAtOnce(db, attempt) }))
      const clipId = ended ? ended.id : await steps()
      if (clipId) emit({ ...end, type: 'attempt_ended', clipId, provider })
      return clipId
    },

    ofClip: (clipId) =>
      read(async (db) => {
        const rows = await db
          .selectFrom('attempts')
          .select([
            'id',
            'clipId',
            'provider',
            'trigger',
            'startedAt',
            'durationMs',
            'outcome',
            'statusCode',
            'error',
          ])
          .where('clipId', '=', clipId)
          .orderBy('id')
          .execute()
        return rows as Attempt[]
      }),

    ambiguousProviders: (clipId) =>
      read(async (db) => {
        const rows = await db
          .selectFrom('attempts')
          .select('provider')
          .distinct()
          .where('clipId', '=', clipId)
          .where('mayHaveStored', '=', 1)
          .execute()
        return rows.map((row) => row.provider)
      }),

    async prune(before) {
      for (let pruned = 0; ; ) {
        const count = await run((db) => pruneSome(db, before))
        pruned += count
        if (count < PRUNED_AT_ONCE) return pruned
      }
    },
  }
}

async function pruneSome(db: Kysely<Schema>, before: number): Promise<number> {
  const query = db
    .selectFrom('attempts')
    .select('id')
    .where('startedAt', '<', before)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('clips')
            .select('clips.id')
            .whereRef('clips.id', '=', 'attempts.clipId')
            .where(isWaiting),
        ),
      ),
    )
    .orderBy('startedAt')
    .limit(PRUNED_AT_ONCE)
  return deleteChosen(db, 'attempts', { key: ['id'], query })
}
