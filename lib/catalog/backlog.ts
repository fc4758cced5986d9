import { setImmediate as nextTurn } from 'node:timers/promises'
import { type SqlBool, sql } from 'kysely'
import type { Clip } from '#lib/model/clip.ts'
import { isEvictable, isLocal, isSpeaking, isUnproven, isWaiting } from './conditions.ts'
import type { Database } from './connection.ts'
import { isUnleased } from './leases.ts'
import { toClip } from './schema.ts'

/** The clips that clean-up and recovery are still to end, and those whose bytes can go. */
export interface Backlog {
  /**
   * Clips whose bytes can be deleted: their providers deliver them, or they have expired; those whose time ended first
   * come first. `endedBefore`: only clips whose time has ended by then. `hasReplicas`: only clips that have all of them.
   */
  evictable(options: { limit: number; endedBefore?: number; hasReplicas?: boolean }): Promise<Clip[]>
  /**
   * Clips whose bytes are here and that a provider has taken, though nobody is known to deliver them; those whose time
   * ended first come first. `endedBefore`: only clips whose time has ended by then.
   */
  unproven(options: { limit: number; endedBefore: number }): Promise<Clip[]>
  /**
   * All clips whose bytes should be here, by their ids, `atOnce` by each statement; others have their turn in between.
   * `isSettled`: it is stored or has expired.
   */
  held(options?: { atOnce?: number }): AsyncGenerator<{ id: string; isSettled: boolean }[]>
  /** Clips whose time is over and that still wait for IPFS with no lease on them. */
  overdue(options: { now: number; limit: number }): Promise<Clip[]>
  /** Clips that were being spoken when their process died. */
  abandoned(now: number): Promise<Clip[]>
}

const hasItsReplicas = sql<SqlBool>`not exists (select 1 from replications where replications.clip_id = clips.id)`

/** How many one statement lists, which must not take long. */
const LISTED_AT_ONCE = 2000

export function createBacklog({ read }: Database): Backlog {
  return {
    evictable: ({ limit, endedBefore, hasReplicas }) =>
      read(async (db) => {
        let query = db.selectFrom('clips').selectAll().where(isEvictable).orderBy('expiresAt').limit(limit)
        if (endedBefore !== undefined) {
          query = query.where((eb) =>
            eb.or([eb('expiresAt', '<=', endedBefore), eb('state', '=', 'expired')]),
          )
        }
        if (hasReplicas) query = query.where(hasItsReplicas)
        return (await query.execute()).map(toClip)
      }),

    unproven: ({ limit, endedBefore }) =>
      read(async (db) => {
        const rows = await db
          .selectFrom('clips')
          .selectAll()
          .where(isUnproven)
          .where('isHeld', '=', 1)
          .where('provider', 'is not', null)
          .where('expiresAt', '<=', endedBefore)
          .orderBy('expiresAt')
          .limit(limit)
          .execute()
        return rows.map(toClip)
      }),

    async *held({ atOnce = LISTED_AT_ONCE } = {}) {
      for (let after = ''; ; ) {
        const rows = await read((db) =>
          db
            .selectFrom('clips')
            .select(['id', 'state'])
            .where(isLocal)
            .where('id', '>', after)
            .orderBy('id')
            .limit(atOnce)
            .execute(),
        )
        const last = rows.at(-1)
        if (!last) return
        after = last.id
        yield rows.map(({ id, state }) => ({ id, isSettled: state === 'stored' || state === 'expired' }))
        // SQLite answers without giving way to anybody.
        await nextTurn()
      }
    },

    overdue: ({ now, limit }) =>
      read(async (db) => {
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
      read(async (db) => {
        const rows = await db
          .selectFrom('clips')
          .selectAll()
          .where(isSpeaking)
          .where(isUnleased(now))
          .execute()
        return rows.map(toClip)
      }),
  }
}
