import { type SqlBool, sql } from 'kysely'
import type { Clip } from '#lib/model/clip.ts'
import { isEvictable, isSpeaking, isUnproven, isWaiting } from './conditions.ts'
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
   * The ids of all clips that wait, are stored or have expired, and whose bytes should be here, `atOnce` by each statement.
   * `isSettled`: it does not wait. A clip that changes meanwhile may come twice.
   */
  held(options?: { atOnce?: number }): AsyncGenerator<{ id: string; isSettled: boolean }[]>
  /** Clips whose time is over and that still wait for IPFS with no lease on them. */
  overdue(options: { now: number; limit: number }): Promise<Clip[]>
  /** Clips that were being spoken when their process died. */
  abandoned(now: number): Promise<Clip[]>
}

const hasItsReplicas = sql<SqlBool>`not exists (select 1 from replications where replications.clip_id = clips.id)`

/** In the order in which a clip goes through them. Each has an index by `expires_at`. */
const held = [
  { condition: isWaiting, isSettled: false },
  { condition: isUnproven, isSettled: true },
  { condition: isEvictable, isSettled: true },
]

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
      for (const { condition, isSettled } of held) {
        for (let after = { expiresAt: Number.MIN_SAFE_INTEGER, id: '' }; ; ) {
          const { expiresAt, id } = after
          const rows = await read((db) =>
            db
              .selectFrom('clips')
              .select(['id', 'expiresAt'])
              .where(condition)
              .where('isHeld', '=', 1)
              // Whole milliseconds before those of the last one, and in its own those with later ids.
              .where('expiresAt', '>=', expiresAt)
              .where(sql<SqlBool>`(expires_at, id) > (${expiresAt}, ${id})`)
              .orderBy('expiresAt')
              .orderBy('id')
              .limit(atOnce)
              .execute(),
          )
          const last = rows.at(-1)
          if (!last) break
          after = last
          yield rows.map((row) => ({ id: row.id, isSettled }))
        }
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
