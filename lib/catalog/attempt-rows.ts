import type { Kysely, QueryCreator } from 'kysely'
import { addToCounters, type CounterIncrement } from './counters.ts'
import type { Lease } from './leases.ts'
import { prepared } from './prepared.ts'
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
 * Part of a transaction of SQLite. Returns the id of the attempt. Under a `lease`, which is prolonged: `undefined` where it was lost,
 * and nothing is recorded.
 */
export async function beginAttempt(
  db: Kysely<Schema>,
  attempt: NewAttempt,
  lease?: Lease,
): Promise<number | undefined> {
  const counted = { clipId: attempt.clipId, leaseExpiresAt: lease?.expiresAt, leaseOwner: lease?.owner }
  const { numAffectedRows } = await count(db, counted)
  if (lease && numAffectedRows === 0n) return undefined
  const { insertId } = await insert(db, attempt)
  return Number(insertId)
}

interface Counted {
  clipId: string
  leaseOwner: string | undefined
  leaseExpiresAt: number | undefined
}

const count = prepared((db, { clipId, leaseOwner, leaseExpiresAt }: Counted) => {
  const counting = db
    .updateTable('clips')
    .set((eb) => ({ attempts: eb('attempts', '+', 1), ...(leaseExpiresAt && { leaseExpiresAt }) }))
    .where('id', '=', clipId)
  return leaseOwner === undefined ? counting : counting.where('leaseOwner', '=', leaseOwner)
})

const insert = prepared((db, attempt: NewAttempt) =>
  db.insertInto('attempts').values({ ...attempt, outcome: 'running', mayHaveStored: 1 }),
)

/** The columns of an attempt that has ended. */
export const endedRow = ({
  id,
  end: { outcome, durationMs, mayHaveStored = false, statusCode, error },
}: EndedAttempt) => ({
  id,
  outcome,
  durationMs,
  mayHaveStored: mayHaveStored || outcome === 'stored' ? 1 : 0,
  statusCode: statusCode ?? null,
  error: error ?? null,
})

/** The change of the attempt alone. */
export const becomeEnded = (db: QueryCreator<Schema>, { id, ...row }: ReturnType<typeof endedRow>) =>
  db.updateTable('attempts').set(row).where('id', '=', id)

export const endOne = prepared(becomeEnded)

const clipOf = prepared((db, { id }: { id: number }) =>
  db.selectFrom('attempts').select('clipId').where('id', '=', id),
)

/** What an attempt that has ended adds to the counters. */
export const attemptCounter = ({ provider, end }: EndedAttempt): CounterIncrement => ({
  name: `attempts_${end.outcome}`,
  label: provider,
  value: 1,
})

/** Part of a transaction. Returns the id of the clip; `undefined` where the attempt is not in the log. */
export async function endAttempt(db: Kysely<Schema>, attempt: EndedAttempt): Promise<string | undefined> {
  await endOne(db, endedRow(attempt))
  await addToCounters(db, [attemptCounter(attempt)])
  const { rows } = await clipOf(db, { id: attempt.id })
  return rows[0]?.clipId
}
