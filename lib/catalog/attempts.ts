import type { Kysely } from 'kysely'
import { deleteChosen } from './chosen-rows.ts'
import type { Database } from './connection.ts'
import { addToCounters } from './counters.ts'
import type { Emit } from './events.ts'
import { isWaiting, type Schema } from './schema.ts'

export const backgroundTriggers = ['hook', 'admin', 'cron', 'timer', 'queue', 'recovery', 'last_try'] as const

/** How many are deleted by one statement, which must not take long. */
const PRUNED_AT_ONCE = 1000

/** What an upload was tried for: the request itself, a replica, or one of the triggers in the background. */
export type Trigger = 'request' | 'replica' | (typeof backgroundTriggers)[number]

/** One attempt at one provider. One that is `running` while nobody works on the clip is of a process that died. */
export interface Attempt {
  id: number
  clipId: string
  provider: string
  trigger: Trigger
  startedAt: number
  durationMs: number | null
  outcome: 'running' | 'stored' | 'failed'
  statusCode: number | null
  error: string | null
}

export interface AttemptEnd {
  outcome: 'stored' | 'failed'
  durationMs: number
  /** Failed, yet the provider may hold the clip: the answer was lost. */
  mayHaveStored?: boolean
  statusCode?: number | undefined
  error?: string | undefined
}

export type NewAttempt = Pick<Attempt, 'clipId' | 'provider' | 'trigger' | 'startedAt'>

/** The log of attempts: written before an attempt starts and again when it ends, so that a crash leaves its trace. */
export interface Attempts {
  begin(attempt: NewAttempt): Promise<number>
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

export function createAttempts({ read, run, transaction }: Database, emit: Emit): Attempts {
  return {
    async begin(attempt) {
      const { clipId, provider } = attempt
      const id = await transaction((db) => beginAttempt(db, attempt))
      emit({ type: 'attempt_begun', clipId, provider })
      return id
    },

    async end(id, provider, end) {
      const clipId = await transaction((db) => endAttempt(db, id, provider, end))
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

async function beginAttempt(db: Kysely<Schema>, attempt: NewAttempt): Promise<number> {
  const { id } = await db
    .insertInto('attempts')
    .values({ ...attempt, outcome: 'running', mayHaveStored: 1 })
    .returning('id')
    .executeTakeFirstOrThrow()
  await db
    .updateTable('clips')
    .set((eb) => ({ attempts: eb('attempts', '+', 1) }))
    .where('id', '=', attempt.clipId)
    .execute()
  return id
}

async function endAttempt(
  db: Kysely<Schema>,
  id: number,
  provider: string,
  { outcome, durationMs, mayHaveStored = false, statusCode, error }: AttemptEnd,
): Promise<string | undefined> {
  const attempt = await db
    .updateTable('attempts')
    .set({
      outcome,
      durationMs,
      mayHaveStored: mayHaveStored || outcome === 'stored' ? 1 : 0,
      statusCode: statusCode ?? null,
      error: error ?? null,
    })
    .where('id', '=', id)
    .returning('clipId')
    .executeTakeFirst()
  await addToCounters(db, [{ name: `attempts_${outcome}`, label: provider, value: 1 }])
  return attempt?.clipId
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
