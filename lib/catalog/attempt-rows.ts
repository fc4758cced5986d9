import type { Kysely, QueryCreator } from 'kysely'
import { addToCounters, type CounterIncrement } from './counters.ts'
import type { Lease } from './leases.ts'
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

/** How the attempt `id` at `provider` has ended. */
export interface EndedAttempt {
  id: number
  provider: string
  end: AttemptEnd
}

export type NewAttempt = Pick<Attempt, 'clipId' | 'provider' | 'trigger' | 'startedAt'>

/**
 * Part of a transaction. Returns the id of the attempt. Under a `lease`, which is prolonged: `undefined` where it was lost,
 * and nothing is recorded.
 */
export async function beginAttempt(
  db: Kysely<Schema>,
  attempt: NewAttempt,
  lease?: Lease,
): Promise<number | undefined> {
  let counting = db
    .updateTable('clips')
    .set((eb) => ({ attempts: eb('attempts', '+', 1) }))
    .where('id', '=', attempt.clipId)
  if (lease)
    counting = counting.set({ leaseExpiresAt: lease.expiresAt }).where('leaseOwner', '=', lease.owner)
  const { numUpdatedRows } = await counting.executeTakeFirst()
  if (lease && numUpdatedRows === 0n) return undefined
  const { id } = await db
    .insertInto('attempts')
    .values({ ...attempt, outcome: 'running', mayHaveStored: 1 })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** The change of the attempt alone. */
export const becomeEnded = (
  db: QueryCreator<Schema>,
  { id, end: { outcome, durationMs, mayHaveStored = false, statusCode, error } }: EndedAttempt,
) =>
  db
    .updateTable('attempts')
    .set({
      outcome,
      durationMs,
      mayHaveStored: mayHaveStored || outcome === 'stored' ? 1 : 0,
      statusCode: statusCode ?? null,
      error: error ?? null,
    })
    .where('id', '=', id)

/** What an attempt that has ended adds to the counters. */
export const attemptCounter = ({ provider, end }: EndedAttempt): CounterIncrement => ({
  name: `attempts_${end.outcome}`,
  label: provider,
  value: 1,
})

/** Part of a transaction. Returns the id of the clip; `undefined` where the attempt is not in the log. */
export async function endAttempt(db: Kysely<Schema>, attempt: EndedAttempt): Promise<string | undefined> {
  const row = await becomeEnded(db, attempt).returning('clipId').executeTakeFirst()
  await addToCounters(db, [attemptCounter(attempt)])
  return row?.clipId
}
