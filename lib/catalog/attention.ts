import { isUnproven, isWaiting } from './conditions.ts'
import type { Database } from './connection.ts'
import type { AttemptRow } from './schema.ts'

/** Why an attempt at a provider failed. */
export type FailedAttempt = Pick<AttemptRow, 'startedAt' | 'statusCode' | 'error'>

/** What an operator must know of the clips, at a cost that is bounded however many there are. */
export interface Attention {
  /** The clips that wait for IPFS, of which no more than `limit` are counted, and when the first of them ends. */
  ending(limit: number): Promise<{ clips: number; firstAt: number | undefined }>
  /** The clips whose time has ended and that are still here, since no provider delivers them; no more than `limit` are counted. */
  countOverdueProofs(now: number, limit: number): Promise<number>
  /** The latest attempt at `provider` since `from` that failed. */
  latestFailure(provider: string, from: number): Promise<FailedAttempt | undefined>
}

export function createAttention({ read }: Database): Attention {
  return {
    ending: (limit) =>
      read(async (db) => {
        const ending = db
          .selectFrom('clips')
          .select('expiresAt')
          .where(isWaiting)
          .where('captionsOf', 'is', null)
          .orderBy('expiresAt')
          .limit(limit)
        const { clips, first } = await db
          .selectFrom(ending.as('ending'))
          .select((eb) => [eb.fn.countAll<number>().as('clips'), eb.fn.min('expiresAt').as('first')])
          .executeTakeFirstOrThrow()
        return { clips: Number(clips), firstAt: first === null ? undefined : Number(first) }
      }),

    countOverdueProofs: (now, limit) =>
      read(async (db) => {
        const overdue = db
          .selectFrom('clips')
          .select('id')
          .where(isUnproven)
          .where('isHeld', '=', 1)
          .where('expiresAt', '<=', now)
          .limit(limit)
        const { clips } = await db
          .selectFrom(overdue.as('overdue'))
          .select((eb) => eb.fn.countAll<number>().as('clips'))
          .executeTakeFirstOrThrow()
        return Number(clips)
      }),

    latestFailure: (provider, from) =>
      read((db) =>
        db
          .selectFrom('attempts')
          .select(['startedAt', 'statusCode', 'error'])
          .where('provider', '=', provider)
          .where('outcome', '=', 'failed')
          .where('startedAt', '>=', from)
          .orderBy('startedAt', 'desc')
          .limit(1)
          .executeTakeFirst(),
      ),
  }
}
