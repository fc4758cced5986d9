import { type RawBuilder, sql } from 'kysely'
import type { Database } from './connection.ts'
import type { Emit } from './events.ts'
import { clipIdBatches } from './id-batches.ts'
import { claimRows, type Lease, renewLease, unleased } from './leases.ts'

/** A clip that wants more replicas than it has, with its own schedule. */
export interface Replication {
  clipId: string
  failedRounds: number
}

/**
 * The clips that further providers are still to get. They are worked on under leases, like those that wait for their
 * first.
 */
export interface Replications {
  /** Records every stored clip that fewer than `replicas` providers hold, or only `clipId` if that is one. */
  want(replicas: number, now: number, clipId?: string): Promise<void>
  /** Takes a lease on the one that has been due for longest; `dueOnly: false` ignores the schedules. */
  claim(claim: { now: number; lease: Lease; dueOnly: boolean }): Promise<Replication | undefined>
  /** Prolongs a lease. `false`: it was lost. */
  renew(clipId: string, lease: Lease): Promise<boolean>
  /** Gives the lease back until `nextAttemptAt`. */
  postpone(
    clipId: string,
    round: { error: string | null; nextAttemptAt: number; hasFailed: boolean },
  ): Promise<void>
  /** Enough providers hold it. */
  done(clipId: string): Promise<void>
  count(): Promise<number>
}

export function createReplications(database: Database, emit: Emit): Replications {
  const { read, run } = database

  const wantAmong = (condition: RawBuilder<unknown>, replicas: number, now: number) =>
    run((db) =>
      sql`
        insert into replications (clip_id, failed_rounds, next_attempt_at)
        select clips.id, 0, cast(${now} as bigint) from clips
        where ${condition} and clips.state = 'stored'
          and (select count(*) from pins where pins.clip_id = clips.id and pins.lost_at is null) < ${replicas}
        on conflict (clip_id) do nothing
      `.execute(db),
    )

  async function wantAmongAll(replicas: number, now: number) {
    for await (const { after, last } of clipIdBatches(database))
      await wantAmong(sql`clips.id > ${after} and clips.id <= ${last}`, replicas, now)
  }

  return {
    async want(replicas, now, clipId) {
      if (clipId === undefined) await wantAmongAll(replicas, now)
      else await wantAmong(sql`clips.id = ${clipId}`, replicas, now)
      emit({ type: 'replication_due', dueAt: now })
    },

    claim: ({ now, lease, dueOnly }) =>
      run(async (db) => {
        let among = db.selectFrom('replications').select('clipId').orderBy('nextAttemptAt')
        if (dueOnly) among = among.where('nextAttemptAt', '<=', now)
        const [claimed] = await claimRows(db, 'replications', { among, limit: 1, now, lease })
        return claimed && { clipId: claimed.clipId, failedRounds: claimed.failedRounds }
      }),

    renew: (clipId, lease) => run((db) => renewLease(db, 'replications', clipId, lease)),

    async postpone(clipId, { error, nextAttemptAt, hasFailed }) {
      await run((db) =>
        db
          .updateTable('replications')
          .set({ ...unleased, lastError: error, nextAttemptAt })
          .set((eb) => ({ failedRounds: eb('failedRounds', '+', hasFailed ? 1 : 0) }))
          .where('clipId', '=', clipId)
          .execute(),
      )
      emit({ type: 'replication_due', dueAt: nextAttemptAt })
    },

    done: (clipId) =>
      run(async (db) => {
        await db.deleteFrom('replications').where('clipId', '=', clipId).execute()
      }),

    count: () =>
      read(async (db) => {
        const { count } = await db
          .selectFrom('replications')
          .select((eb) => eb.fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow()
        return Number(count)
      }),
  }
}
