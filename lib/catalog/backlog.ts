import { type SqlBool, sql } from 'kysely'
import type { Clip } from '#lib/model/clip.ts'
import type { Database } from './connection.ts'
import { isUnleased } from './leases.ts'
import { isEvictable, isSpeaking, isWaiting, toClip } from './schema.ts'

/** The clips that clean-up and recovery are still to end, and those whose bytes can go. */
export interface Backlog {
  /**
   * Clips whose bytes could be deleted, since they are stored or expired; those whose time ended first come first.
   * `endedBefore`: only clips whose time has ended by then and that have all their replicas. `isProven`: only clips that a
   * permanent address has delivered and that have all their replicas.
   */
  evictable(options: { limit: number; endedBefore?: number; isProven?: boolean }): Promise<Clip[]>
  /** The ids of all clips whose bytes could be deleted. */
  evictableIds(): Promise<string[]>
  /** Clips whose time is over and that still wait for IPFS with no lease on them. */
  overdue(options: { now: number; limit: number }): Promise<Clip[]>
  /** Clips that were being spoken when their process died. */
  abandoned(now: number): Promise<Clip[]>
}

const hasItsReplicas = sql<SqlBool>`not exists (select 1 from replications where replications.clip_id = clips.id)`
const hasBeenDelivered = sql<SqlBool>`exists (
  select 1 from pins where pins.clip_id = clips.id and pins.proven_at is not null and pins.lost_at is null
)`

export function createBacklog({ read }: Database): Backlog {
  return {
    evictable: ({ limit, endedBefore, isProven }) =>
      read(async (db) => {
        let query = db.selectFrom('clips').selectAll().where(isEvictable).orderBy('expiresAt').limit(limit)
        if (endedBefore !== undefined) {
          query = query.where((eb) =>
            eb.or([eb('expiresAt', '<=', endedBefore), eb('state', '=', 'expired')]),
          )
        }
        if (endedBefore !== undefined || isProven) query = query.where(hasItsReplicas)
        if (isProven) query = query.where(hasBeenDelivered)
        return (await query.execute()).map(toClip)
      }),

    evictableIds: () =>
      read(async (db) => {
        const query = db.selectFrom('clips').select('id').where(isEvictable)
        return (await query.execute()).map(({ id }) => id)
      }),

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
