import { type SqlBool, sql } from 'kysely'
import type { Clip } from '../clip.ts'
import type { Database } from './connection.ts'
import { addToCounters, type CounterIncrement } from './counters.ts'
import { isHeld, isUnleased, isWaiting, toClip } from './schema.ts'

/** What the service holds now and has done so far. */
export interface Totals {
  heldClips: number
  heldBytes: number
  waitingClips: number
  /** Sums since the first start: by name, then by label (provider or bucket; '' where there is none). */
  counters: Record<string, Record<string, number>>
}

/** Questions that operators and clean-up ask. */
export interface Figures {
  totals(): Promise<Totals>
  count(increments: CounterIncrement[]): Promise<void>
  /**
   * Clips whose bytes are here though IPFS has them, those whose time is over first. `endedBefore` limits it to these,
   * without those whose bytes further replicas are still to be made of; `isProven` to those that a permanent address has
   * delivered and that have their replicas.
   */
  heldAlthoughStored(options: { limit: number; endedBefore?: number; isProven?: boolean }): Promise<Clip[]>
  /** The ids of all clips whose bytes should be here though nobody needs them any more. */
  idsHeldAlthoughStored(): Promise<string[]>
  /** Clips whose time is over and that still wait for IPFS with nobody at work on them. */
  overdue(options: { now: number; limit: number }): Promise<Clip[]>
  /** Clips that were being spoken when their process died. */
  abandoned(now: number): Promise<Clip[]>
}

const settled = ['stored', 'expired'] as const

const hasItsReplicas = sql<SqlBool>`not exists (select 1 from replications where replications.clip_id = clips.id)`
const hasBeenDelivered = sql<SqlBool>`exists (
  select 1 from pins where pins.clip_id = clips.id and pins.proven_at is not null and pins.lost_at is null
)`

export function createFigures({ run }: Database): Figures {
  return {
    totals: () =>
      run(async (db) => {
        const held = await db
          .selectFrom('clips')
          .select((eb) => [eb.fn.countAll<number>().as('clips'), eb.fn.sum<number>('sizeBytes').as('bytes')])
          .where(isHeld)
          .executeTakeFirstOrThrow()
        const waiting = await db
          .selectFrom('clips')
          .select((eb) => eb.fn.countAll<number>().as('clips'))
          .where(isWaiting)
          .executeTakeFirstOrThrow()
        const counters: Totals['counters'] = {}
        for (const { name, label, value } of await db.selectFrom('counters').selectAll().execute()) {
          counters[name] = { ...counters[name], [label]: value }
        }
        return {
          heldClips: Number(held.clips),
          heldBytes: Number(held.bytes ?? 0),
          waitingClips: Number(waiting.clips),
          counters,
        }
      }),

    count: (increments) => run((db) => addToCounters(db, increments)),

    heldAlthoughStored: ({ limit, endedBefore, isProven }) =>
      run(async (db) => {
        let query = db
          .selectFrom('clips')
          .selectAll()
          .where(isHeld)
          .where('state', 'in', settled)
          .orderBy('expiresAt')
          .limit(limit)
        if (endedBefore !== undefined) {
          query = query.where((eb) =>
            eb.or([eb('expiresAt', '<=', endedBefore), eb('state', '=', 'expired')]),
          )
        }
        if (endedBefore !== undefined || isProven) query = query.where(hasItsReplicas)
        if (isProven) query = query.where(hasBeenDelivered)
        return (await query.execute()).map(toClip)
      }),

    idsHeldAlthoughStored: () =>
      run(async (db) => {
        const query = db.selectFrom('clips').select('id').where(isHeld).where('state', 'in', settled)
        return (await query.execute()).map(({ id }) => id)
      }),

    overdue: ({ now, limit }) =>
      run(async (db) => {
        const rows = await db
          .selectFrom('clips')
          .selectAll()
          .where(isWaiting)
          .where('expiresAt', '<=', now)
          .where(isUnleased(now))
          .orderBy('expiresAt')
          .limit(limit)
          .execute()
        return rows.map(toClip)
      }),

    abandoned: (now) =>
      run(async (db) => {
        const rows = await db
          .selectFrom('clips')
          .selectAll()
          .where(isHeld)
          .where('state', '=', 'speaking')
          .where(isUnleased(now))
          .execute()
        return rows.map(toClip)
      }),
  }
}
