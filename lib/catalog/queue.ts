import { type QueryCreator, sql } from 'kysely'
import type { Clip, ClipState } from '#lib/model/clip.ts'
import { claimableAt, isSpeaking, isWaiting } from './conditions.ts'
import type { Database } from './connection.ts'
import type { Emit } from './events.ts'
import { claimRows, type Lease, renewLease, unleased } from './leases.ts'
import { type Schema, toClip } from './schema.ts'
import { readTotals } from './totals.ts'

export interface Claim {
  limit: number
  now: number
  lease: Lease
  /** Only clips whose own schedule says so; otherwise all that are not leased. */
  dueOnly: boolean
  /** Only clips whose time is over before this. */
  expiringBefore?: number
  /** Only this clip. */
  id?: string
  /** Leaves out clips whose last round ended at or after this. */
  notTriedSince?: number
}

/** The clips that wait for IPFS. They are worked on under a lease, so that no two workers upload one at once. */
export interface Queue {
  /** Takes a lease on up to `limit` clips, oldest schedule first. */
  claim(claim: Claim): Promise<Clip[]>
  /** Prolongs a lease. `false`: it was lost. */
  renew(id: string, lease: Lease): Promise<boolean>
  /** Prolongs the leases of a process on all of `ids` that it is speaking. */
  renewSpeaking(ids: string[], lease: Lease): Promise<void>
  /**
   * Ends all leases of `owner`, or only that on clip `id`. A staged clip is pending then, and one that was being spoken is
   * abandoned; no schedule changes.
   */
  release(owner: string, id?: string): Promise<void>
  /** The owners of all leases that are held. */
  owners(): Promise<string[]>
  /** When the next clip can be claimed by its own schedule, in milliseconds since the epoch; `undefined` where none waits. */
  nextDueAt(): Promise<number | undefined>
  /** How many clips wait for IPFS with no lease on them. */
  countWaiting(now: number): Promise<number>
}

export function createQueue({ read, run }: Database, emit: Emit): Queue {
  return {
    claim: (claim) =>
      run(async (db) => {
        const rows = await claimRows(db, 'clips', { ...claim, among: claimable(db, claim) })
        return rows.map(toClip)
      }),

    renew: (id, lease) => run((db) => renewLease(db, 'clips', id, lease)),

    renewSpeaking: (ids, { owner, expiresAt }) =>
      run(async (db) => {
        await db
          .updateTable('clips')
          .set({ leaseExpiresAt: expiresAt })
          .where('id', 'in', ids)
          .where(isSpeaking)
          .where('leaseOwner', '=', owner)
          .execute()
      }),

    async release(owner, id) {
      await run((db) => {
        let update = db
          .updateTable('clips')
          .set(unleased)
          .set((eb) => ({
            state: sql<ClipState>`case when ${eb.ref('state')} = 'staged' then 'pending' else ${eb.ref('state')} end`,
          }))
          .where('leaseOwner', '=', owner)
        if (id) update = update.where('id', '=', id)
        return update.execute()
      })
      if (id) emit({ type: 'released', clipId: id })
    },

    owners: () =>
      read(async (db) => {
        const rows = await db
          .selectFrom('clips')
          .select('leaseOwner')
          .distinct()
          .where('leaseOwner', 'is not', null)
          .execute()
        return rows.map((row) => row.leaseOwner as string)
      }),

    nextDueAt: () =>
      read(async (db) => {
        const query = db.selectFrom('clips').select(claimableAt.as('dueAt')).where(isWaiting)
        const next = await query.orderBy(claimableAt).limit(1).executeTakeFirst()
        return next && Number(next.dueAt)
      }),

    countWaiting: (now) =>
      read(async (db) => {
        const { waitingClips } = await readTotals(db)
        const { leased } = await db
          .selectFrom('clips')
          .select((eb) => eb.fn.countAll<number>().as('leased'))
          .where('leaseOwner', 'is not', null)
          .where(isWaiting)
          .where('leaseExpiresAt', '>', now)
          .executeTakeFirstOrThrow()
        return Math.max(0, waitingClips - Number(leased))
      }),
  }
}

function claimable(db: QueryCreator<Schema>, { now, dueOnly, expiringBefore, notTriedSince, id }: Claim) {
  let query = db
    .selectFrom('clips')
    .select('id')
    .where(isWaiting)
    .orderBy(expiringBefore === undefined ? claimableAt : sql.ref('expiresAt'))
  if (id !== undefined) query = query.where('id', '=', id)
  if (dueOnly) query = query.where(claimableAt, '<=', now)
  if (expiringBefore !== undefined) query = query.where('expiresAt', '<=', expiringBefore)
  if (notTriedSince !== undefined) {
    // A round that ended in the future ended before the clock was set back.
    query = query.where((eb) =>
      eb.or([
        eb('lastRoundAt', 'is', null),
        eb('lastRoundAt', '<', notTriedSince),
        eb('lastRoundAt', '>', now),
      ]),
    )
  }
  return query
}
