import { type Kysely, type SqlBool, sql } from 'kysely'
import type { Clip } from '#lib/model/clip.ts'
import { reopenDeletion } from './deletion-transitions.ts'
import type { Pin, Schema } from './schema.ts'

type Db = Kysely<Schema>

/** Where a clip can be had for good. */
export type Address = Pick<Clip, 'provider' | 'ipfsHash' | 'permanentUrl'>

const nowhere: Address = { provider: null, ipfsHash: null, permanentUrl: null }

/** How long after it was stored a clip is first read back. */
const FIRST_READ_BACK_MS = 5000

export const firstReadBackAt = (pinnedAt: number) => pinnedAt + FIRST_READ_BACK_MS

export type NewPin = Pick<Pin, 'clipId' | 'provider' | 'cid' | 'pinnedAt'> & Partial<Pin>

/** A pin that was just made. Unless it is proven already it is read back soon. */
export function freshPin(pin: NewPin): Pin {
  const unchecked = { checkedAt: null, provenAt: null, lostAt: null, unconfirmedSince: null }
  return { readBackAt: pin.provenAt ? null : firstReadBackAt(pin.pinnedAt), ...unchecked, ...pin }
}

/** Part of a transaction. Records a pin, and what it means for its clip where it is proven, or was deleted meanwhile. */
export async function addPin(db: Db, pin: Pin, address: Address | undefined): Promise<void> {
  if (await reopenDeletion(db, pin, pin.pinnedAt)) return
  await db
    .insertInto('pins')
    .values(pin)
    .onConflict((conflict) => conflict.columns(['clipId', 'provider']).doUpdateSet(pin))
    .execute()
  if (pin.provenAt !== null) await clipIsProven(db, pin.clipId, address)
}

export interface Proof {
  at: number
  address?: Address | undefined
  /** Whether `address` takes the place of the one of this provider, which leads nowhere. */
  hasMoved?: boolean
}

/** Part of a transaction. The pin was read back; where nothing else has an address for the clip, it is `address`. */
export async function provePin(db: Db, pin: Pin, { at, address, hasMoved = false }: Proof): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('pins')
    .set({ provenAt: pin.provenAt ?? at, readBackAt: null, unconfirmedSince: null })
    .where('clipId', '=', pin.clipId)
    .where('provider', '=', pin.provider)
    .where('lostAt', 'is', null)
    .executeTakeFirst()
  if (numUpdatedRows > 0n) await clipIsProven(db, pin.clipId, address, hasMoved ? pin.provider : undefined)
}

async function clipIsProven(db: Db, clipId: string, address: Address | undefined, movedFrom?: string) {
  await db.updateTable('clips').set({ unprovenSince: null }).where('id', '=', clipId).execute()
  if (!address) return
  await db
    .updateTable('clips')
    .set(address)
    .where('id', '=', clipId)
    .where('state', '=', 'stored')
    .where((eb) => eb.or([eb('provider', 'is', null), eb('provider', '=', movedFrom ?? null)]))
    .execute()
}

/**
 * Part of a transaction. The provider does not deliver the clip: a further one is to get it from `replicateAt` on. Where
 * the record names this provider, it names `address` from now on, or none.
 */
export async function losePin(
  db: Db,
  { clipId, provider }: Pin,
  { at, replicateAt, address }: { at: number; replicateAt: number; address: Address | undefined },
): Promise<void> {
  await db
    .updateTable('pins')
    .set({ lostAt: at, provenAt: null, readBackAt: null, unconfirmedSince: null })
    .where('clipId', '=', clipId)
    .where('provider', '=', provider)
    .execute()
  await db
    .updateTable('clips')
    .set({ unprovenSince: at })
    .where('id', '=', clipId)
    .where('unprovenSince', 'is', null)
    .where(sql<SqlBool>`not exists (
      select 1 from pins where pins.clip_id = clips.id and pins.proven_at is not null and pins.lost_at is null
    )`)
    .execute()
  await db
    .updateTable('clips')
    .set(address ?? nowhere)
    .where('id', '=', clipId)
    .where('provider', '=', provider)
    .execute()
  const isStored = await db
    .selectFrom('clips')
    .select('id')
    .where('id', '=', clipId)
    .where('state', '=', 'stored')
    .executeTakeFirst()
  if (!isStored) return
  await db
    .insertInto('replications')
    .values({
      clipId,
      failedRounds: 0,
      nextAttemptAt: replicateAt,
      lastError: null,
      leaseOwner: null,
      leaseExpiresAt: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
