import { type Kysely, type SqlBool, sql } from 'kysely'
import { captionsIdOf } from '#lib/model/clip.ts'
import { findClip } from './clip-transitions.ts'
import type { Database } from './connection.ts'
import { type DeletionOutcome, requestDeletion } from './deletion-request.ts'
import type { DeletedBy, DeletionRow, DeletionTarget } from './deletion-rows.ts'
import { addAttempted } from './deletion-transitions.ts'
import type { Emit } from './events.ts'
import { claimRows, type Lease, renewLease, unleased } from './leases.ts'
import type { Schema } from './schema.ts'
import { recordWebhook } from './webhooks.ts'

export type { DeletedBy } from './deletion-rows.ts'

/** A clip that is deleted, with every provider that held it or may have. */
export type Deletion = Omit<DeletionRow, 'leaseOwner' | 'leaseExpiresAt'> & { targets: DeletionTarget[] }

/** The clips that are deleted. They are worked on under leases, like those that wait for IPFS. */
export interface Deletions {
  /**
   * Makes a tombstone of a clip, of the file of its captions and, where it is that of a script, of the pieces that were
   * spoken for that script alone. From then on nobody is served it. Asked again, what was not reached is tried again.
   */
  request(clipId: string, request: { by: DeletedBy; now: number }): Promise<DeletionOutcome>
  /** The deletion of a clip, and of the file of its captions where there is one. */
  ofClip(clipId: string): Promise<Deletion[]>
  /** Whether content that no clip has any more was deleted. */
  hasContent(cid: string): Promise<boolean>
  /** Takes a lease on the deletion that has been due for longest. */
  claim(claim: { now: number; lease: Lease; clipId?: string | undefined }): Promise<DeletionRow | undefined>
  /** Prolongs a lease. `false`: it was lost. */
  renew(clipId: string, lease: Lease): Promise<boolean>
  /**
   * The providers that are to be asked: with all that the log of attempts has, `also` those, and those that clips with the same
   * content have left to the last of them.
   */
  targets(clipId: string, also?: Pick<DeletionTarget, 'provider' | 'cid'>[]): Promise<DeletionTarget[]>
  /** Whether a clip that is not deleted has the same content. */
  isShared(clipId: string): Promise<boolean>
  settle(target: DeletionTarget): Promise<void>
  /** Whoever has the same content is to be read back from `provider` now: its pin may have been ended. */
  doubtSharers(clipId: string, provider: string, now: number): Promise<void>
  /** Nothing more can be done. `false` where there is something meanwhile. */
  finish(clipId: string, now: number): Promise<boolean>
  /** Gives the lease back until `nextAttemptAt`. `error`: why this round has failed, if it has. */
  postpone(clipId: string, round: { error: string | null; nextAttemptAt: number }): Promise<void>
  /** How many are not done. */
  count(): Promise<number>
}

export function createDeletions(
  { read, run, transaction }: Database,
  { recordsWebhooks, emit }: { recordsWebhooks: boolean; emit: Emit },
): Deletions {
  return {
    async request(clipId, { by, now }) {
      const { outcome, made } = await transaction((db) => requestDeletion(db, clipId, { by, now }), {
        exclusive: `deletion ${clipId}`,
      })
      for (const id of made) emit({ type: 'deleted', clipId: id })
      if (outcome === 'deleted') emit({ type: 'deletion_due', dueAt: now })
      return outcome
    },

    ofClip: (clipId) =>
      read(async (db) => {
        const ids = [clipId, captionsIdOf(clipId)]
        const rows = await db.selectFrom('deletions').selectAll().where('clipId', 'in', ids).execute()
        const targets = await targetsOf(db, ids)
        return rows
          .toSorted((a, b) => ids.indexOf(a.clipId) - ids.indexOf(b.clipId))
          .map(({ leaseOwner: _, leaseExpiresAt: __, ...row }) => ({
            ...row,
            targets: targets.filter((target) => target.clipId === row.clipId),
          }))
      }),

    hasContent: (cid) =>
      read(async (db) => {
        const row = await db
          .selectFrom('clips')
          .select('id')
          .where('state', '=', 'deleted')
          .where('id', 'in', ({ selectFrom }) =>
            selectFrom('clips')
              .select('id')
              .where('cid', '=', cid)
              .unionAll(selectFrom('deletionTargets').select('clipId as id').where('cid', '=', cid)),
          )
          .where(({ not, exists, selectFrom }) =>
            not(
              exists(
                selectFrom('clips as other')
                  .select('other.id')
                  .whereRef('other.cid', '=', 'clips.cid')
                  .where(isLive),
              ),
            ),
          )
          .limit(1)
          .executeTakeFirst()
        return row !== undefined
      }),

    claim: ({ now, lease, clipId }) =>
      run(async (db) => {
        let among = db
          .selectFrom('deletions')
          .select('clipId')
          .where(isUnfinished)
          .where('nextAttemptAt', '<=', now)
          .orderBy('nextAttemptAt')
        if (clipId !== undefined) among = among.where('clipId', '=', clipId)
        const [row] = await claimRows(db, 'deletions', { among, limit: 1, now, lease })
        return row
      }),

    renew: (clipId, lease) => run((db) => renewLease(db, 'deletions', clipId, lease)),

    targets: (clipId, also = []) =>
      transaction(async (db) => {
        await addAttempted(db, [clipId])
        const more = [...also, ...(await leftByOthers(db, clipId))]
        if (more.length > 0) {
          await db
            .insertInto('deletionTargets')
            .values(more.map(({ provider, cid }) => ({ clipId, provider, cid, outcome: 'pinned' as const })))
            .onConflict((conflict) => conflict.doNothing())
            .execute()
        }
        return targetsOf(db, [clipId])
      }),

    isShared: (clipId) => read(async (db) => (await sharersOf(db, clipId).limit(1).execute()).length > 0),

    settle: ({ clipId, provider, cid, outcome, error }) =>
      run(async (db) => {
        await db
          .updateTable('deletionTargets')
          .set({ outcome, error })
          .where('clipId', '=', clipId)
          .where('provider', '=', provider)
          .where('cid', '=', cid)
          .execute()
      }),

    async doubtSharers(clipId, provider, now) {
      await run((db) =>
        db
          .updateTable('pins')
          .set({ readBackAt: now })
          .where('provider', '=', provider)
          .where('lostAt', 'is', null)
          .where('clipId', 'in', sharersOf(db, clipId))
          .execute(),
      )
      emit({ type: 'read_back_due', dueAt: now })
    },

    async finish(clipId, now) {
      const isDone = await transaction(async (db) => {
        const { numUpdatedRows } = await db
          .updateTable('deletions')
          .set({ ...unleased, doneAt: now, lastError: null })
          .where('clipId', '=', clipId)
          .where(isUnfinished)
          .where(({ not, exists, selectFrom }) =>
            not(
              exists(
                selectFrom('deletionTargets')
                  .select('cid')
                  .where('deletionTargets.clipId', '=', clipId)
                  .where('outcome', '=', 'pinned'),
              ),
            ),
          )
          .executeTakeFirst()
        if (numUpdatedRows === 0n) return false
        const clip = await findClip(db, clipId)
        if (recordsWebhooks && clip && !clip.captionsOf)
          await recordWebhook(db, { type: 'clip.deleted', clipId, now })
        return true
      })
      if (isDone && recordsWebhooks) emit({ type: 'webhook_due', dueAt: now })
      return isDone
    },

    async postpone(clipId, { error, nextAttemptAt }) {
      await run((db) =>
        db
          .updateTable('deletions')
          .set({ ...unleased, nextAttemptAt, ...(error !== null && { lastError: error }) })
          .set((eb) => ({ failedRounds: eb('failedRounds', '+', error === null ? 0 : 1) }))
          .where('clipId', '=', clipId)
          .execute(),
      )
      emit({ type: 'deletion_due', dueAt: nextAttemptAt })
    },

    count: () =>
      read(async (db) => {
        const { count } = await db
          .selectFrom('deletions')
          .select((eb) => eb.fn.countAll<number>().as('count'))
          .where(isUnfinished)
          .executeTakeFirstOrThrow()
        return Number(count)
      }),
  }
}

/** The condition of `deletions_due`. */
const isUnfinished = sql<SqlBool>`deletions.done_at is null`

const isLive = sql<SqlBool>`other.state in ('staged', 'pending', 'stored')`

const targetsOf = (db: Kysely<Schema>, clipIds: string[]) =>
  db
    .selectFrom('deletionTargets')
    .selectAll()
    .where('clipId', 'in', clipIds)
    .orderBy('provider')
    .orderBy('cid')
    .execute()

/** The ids of the clips that are not deleted and have the same content. */
const sharersOf = (db: Kysely<Schema>, clipId: string) =>
  db
    .selectFrom('clips')
    .innerJoin('clips as other', 'other.cid', 'clips.cid')
    .select('other.id')
    .where('clips.id', '=', clipId)
    .where(isLive)

/** The pins that deleted clips with the same content have left to the last of them. */
const leftByOthers = (db: Kysely<Schema>, clipId: string) =>
  db
    .selectFrom('clips')
    .innerJoin('clips as other', 'other.cid', 'clips.cid')
    .innerJoin('deletionTargets', 'deletionTargets.clipId', 'other.id')
    .select(['deletionTargets.provider', 'deletionTargets.cid'])
    .distinct()
    .where('clips.id', '=', clipId)
    .whereRef('other.id', '<>', 'clips.id')
    .where('outcome', '=', 'shared')
    .execute()
