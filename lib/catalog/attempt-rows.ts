import type { Kysely } from 'kysely'
import { addToCounters } from './counters.ts'
import type { Schema } from './schema.ts'

export const backgroundTriggers = ['hook', 'admin', 'cron', 'timer', 'queue', 'recovery', 'last_try'] as const

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

/** Part of a transaction. Returns the id of the attempt. */
export async function beginAttempt(db: Kysely<Schema>, attempt: NewAttempt): Promise<number> {
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

/** Part of a transaction. Returns the id of the clip; `undefined` where the attempt is not in the log. */
export async function endAttempt(
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
