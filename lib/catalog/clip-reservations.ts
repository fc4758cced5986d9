import { type Kysely, sql } from 'kysely'
import type { Clip } from '#lib/model/clip.ts'
import { findClip } from './clip-transitions.ts'
import { prepared } from './prepared.ts'
import type { Schema } from './schema.ts'
import { readTotals } from './totals.ts'

/** What is known of a clip before a word is spoken. `sizeBytes` is what it reserves of the byte budget. */
export type NewClip = Pick<
  Clip,
  | 'id'
  | 'requestId'
  | 'characters'
  | 'voiceId'
  | 'modelId'
  | 'outputFormat'
  | 'createdAt'
  | 'expiresAt'
  | 'sizeBytes'
  | 'leaseOwner'
  | 'leaseExpiresAt'
> &
  Partial<Pick<Clip, 'madeBy' | 'label' | 'metadata'>>

type Db = Kysely<Schema>

/**
 * Only one transaction at a time reserves bytes, or the same ones would be given away twice. The name of the lock stays:
 * instances of the previous version take it, too.
 */
export const BYTE_BUDGET = { exclusive: 'room', allowAsyncCommit: true }

const asJson = (value: object | null | undefined) => (value ? JSON.stringify(value) : null)

/**
 * Which share of the byte budget must be left for a clip to be reserved by one statement, without the lock: what is being
 * reserved at the same moment, of which such a statement knows nothing, must fit into it.
 */
const SPARE = 1 / 8
/** How many statements may be under way at once: as many connections a Postgres server takes, as it comes. */
const STATEMENTS_AT_ONCE = 100

const asNewRow = (clip: NewClip) =>
  ({
    state: 'speaking',
    isHeld: 1,
    attempts: 0,
    failedRounds: 0,
    ...clip,
    metadata: asJson(clip.metadata),
  }) as const

/**
 * Reserves a clip where the byte budget has plenty. For `atOnce`: SQLite, where no lock is waited for, would make a table of
 * what is to be inserted. `false` says nothing but that: `reserveClip` has to look.
 */
export async function reserveWherePlenty(db: Db, clip: NewClip, maxBytes: number): Promise<boolean> {
  const spareBytes = Math.floor(maxBytes * SPARE)
  if (clip.sizeBytes * STATEMENTS_AT_ONCE > spareBytes) return false
  const most = maxBytes - spareBytes - clip.sizeBytes
  const { numAffectedRows = 0n } = await insertWithin(db, { row: asNewRow(clip), most })
  return numAffectedRows > 0n
}

const insertWithin = prepared((db, { row, most }: { row: ReturnType<typeof asNewRow>; most: number }) => {
  const columns = Object.keys(row) as (keyof typeof row)[]
  return db
    .insertInto('clips')
    .columns(columns)
    .expression(
      db
        .selectNoFrom(columns.map((column) => sql`${row[column]}`.as(column)))
        .where(sql<number>`(select coalesce(sum(held_bytes), 0) from holdings)`, '<=', most),
    )
    .onConflict((conflict) => conflict.doNothing())
})

/** Part of an exclusive transaction. Returns whether the clip fits into the byte budget and its id was free. */
export async function reserveClip(db: Db, clip: NewClip, maxBytes: number): Promise<boolean> {
  if ((await readTotals(db)).heldBytes + clip.sizeBytes > maxBytes) return false
  const { numAffectedRows = 0n } = await insert(db, asNewRow(clip))
  return numAffectedRows > 0n
}

const insert = prepared((db, row: ReturnType<typeof asNewRow>) =>
  db
    .insertInto('clips')
    .values(row)
    .onConflict((conflict) => conflict.doNothing()),
)

/** Part of an exclusive transaction. Returns whether there is such a clip and it fits into the byte budget. */
export async function resizeClip(db: Db, id: string, sizeBytes: number, maxBytes: number): Promise<boolean> {
  const clip = await findClip(db, id)
  if (!clip || (await readTotals(db)).heldBytes - clip.sizeBytes + sizeBytes > maxBytes) return false
  await db.updateTable('clips').set({ sizeBytes }).where('id', '=', id).execute()
  return true
}
