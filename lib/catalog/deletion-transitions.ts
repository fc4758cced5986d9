import { type Kysely, sql } from 'kysely'
import { captionsIdOf } from '#lib/model/clip.ts'
import type { DeletedBy, DeletionTarget } from './deletion-rows.ts'
import { unleased } from './leases.ts'
import type { Schema } from './schema.ts'

type Db = Kysely<Schema>

/** How many clips one statement names. */
const AT_ONCE = 500

/** What is left of a clip that was deleted: that it was there, and its content's name. */
const erased = {
  ...unleased,
  state: 'deleted',
  label: null,
  metadata: null,
  speech: null,
  captionsCid: null,
  provider: null,
  ipfsHash: null,
  permanentUrl: null,
  storedAt: null,
  unprovenSince: null,
  nextAttemptAt: null,
  lastError: null,
} as const

/**
 * Part of a transaction. Makes tombstones of clips and of the files of their captions, forgets all that leads to them, and
 * records what is still to be done. Returns the ids of those that were made; clips that are being spoken or are
 * deleted already are left alone.
 */
export async function eraseRecords(
  db: Db,
  clipIds: string[],
  facts: { by: DeletedBy; now: number },
): Promise<string[]> {
  const made: string[] = []
  for (let first = 0; first < clipIds.length; first += AT_ONCE) {
    const some = clipIds.slice(first, first + AT_ONCE)
    made.push(...(await eraseSome(db, [...some, ...some.map(captionsIdOf)], facts)))
  }
  return made
}

async function eraseSome(db: Db, ids: string[], { by, now }: { by: DeletedBy; now: number }) {
  const rows = await db
    .updateTable('clips')
    .set({ ...erased, deletedAt: now })
    .where('id', 'in', ids)
    .where('state', 'in', ['staged', 'pending', 'stored', 'expired'])
    .returning('id')
    .execute()
  const made = rows.map(({ id }) => id)
  if (made.length === 0) return made
  for (const table of ['captions', 'requests', 'idempotencyKeys', 'webhooks', 'replications'] as const)
    await db.deleteFrom(table).where('clipId', 'in', made).execute()
  await db.updateTable('scripts').set({ label: null, metadata: null }).where('clipId', 'in', made).execute()
  await db
    .insertInto('deletionTargets')
    .columns(['clipId', 'provider', 'cid', 'outcome'])
    .expression((eb) =>
      eb
        .selectFrom('pins')
        .select(['clipId', 'provider', 'cid', sql.lit<'pinned'>('pinned').as('outcome')])
        .where('clipId', 'in', made),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  await addAttempted(db, made)
  await db.deleteFrom('pins').where('clipId', 'in', made).execute()
  const begun = { requestedAt: now, requestedBy: by, doneAt: null, failedRounds: 0, nextAttemptAt: now }
  await db
    .insertInto('deletions')
    .values(made.map((clipId) => ({ clipId, ...begun, ...unleased, lastError: null })))
    .execute()
  return made
}

/** Part of a transaction. Adds the providers that were sent a clip and may hold it, whatever they have answered. */
export async function addAttempted(db: Db, clipIds: string[]): Promise<void> {
  await db
    .insertInto('deletionTargets')
    .columns(['clipId', 'provider', 'cid', 'outcome'])
    .expression((eb) =>
      eb
        .selectFrom('attempts')
        .innerJoin('clips', 'clips.id', 'attempts.clipId')
        .select([
          'attempts.clipId',
          'attempts.provider',
          sql<string>`clips.cid`.as('cid'),
          sql.lit<'pinned'>('pinned').as('outcome'),
        ])
        .distinct()
        .where('attempts.clipId', 'in', clipIds)
        .where('attempts.mayHaveStored', '=', 1)
        .where('clips.cid', 'is not', null)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('deletionTargets as known')
                .select('known.cid')
                .whereRef('known.clipId', '=', 'attempts.clipId')
                .whereRef('known.provider', '=', 'attempts.provider'),
            ),
          ),
        ),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/**
 * Part of a transaction. A provider has taken a clip: where that is deleted it is asked to end the pin, and `true` is
 * returned.
 */
export async function reopenDeletion(
  db: Db,
  { clipId, provider, cid }: Pick<DeletionTarget, 'clipId' | 'provider' | 'cid'>,
  now: number,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('deletions')
    .set({ doneAt: null, nextAttemptAt: now })
    .where('clipId', '=', clipId)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return false
  const pinned = { outcome: 'pinned', error: null } as const
  await db
    .insertInto('deletionTargets')
    .values({ clipId, provider, cid, ...pinned })
    .onConflict((conflict) => conflict.columns(['clipId', 'provider', 'cid']).doUpdateSet(pinned))
    .execute()
  return true
}

/**
 * Part of a transaction. A clip with this content is gone for another reason: what deleted clips have left to the last one is
 * done now.
 */
export async function reopenShared(db: Db, cid: string, now: number): Promise<void> {
  const rows = await db
    .selectFrom('deletionTargets')
    .innerJoin('clips', 'clips.id', 'deletionTargets.clipId')
    .select('clips.id')
    .distinct()
    .where('clips.cid', '=', cid)
    .where('outcome', '=', 'shared')
    .execute()
  const clipIds = rows.map(({ id }) => id)
  if (clipIds.length === 0) return
  const shared = db.updateTable('deletionTargets').set({ outcome: 'pinned' }).where('outcome', '=', 'shared')
  await shared.where('clipId', 'in', clipIds).execute()
  const reopened = db.updateTable('deletions').set({ doneAt: null, nextAttemptAt: now })
  await reopened.where('clipId', 'in', clipIds).execute()
}
