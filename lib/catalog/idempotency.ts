import type { Kysely } from 'kysely'
import { type Clip, isOver, type VocalizedClip } from '#lib/model/clip.ts'
import { DAY_MS } from '#lib/platform/units.ts'
import { deleteChosen } from './chosen-rows.ts'
import { findClip } from './clip-transitions.ts'
import type { Database } from './connection.ts'
import { type Lease, leaseLeftMs, unleased } from './leases.ts'
import type { IdempotencyKeyRow, Schema } from './schema.ts'

/** How long answers are kept. */
const KEPT_MS = DAY_MS
/** How many old answers one claim deletes. It skips those that another claim is deleting. */
const DELETED_AT_ONCE = 100
const SHORTEST_WAIT_MS = 1000

export interface IdempotencyClaim {
  /** A hash of the key and of whom it belongs to. */
  key: string
  /** A keyed hash of the request that the key was sent with. */
  fingerprint: string
  now: number
  /** Who claims it, and until when the claim counts unless it is renewed. */
  lease: Lease
  /** The clip that is to be spoken for it, unless there is one already. */
  clipId: string
  /** A clip of an earlier claim of which nothing is left. */
  lost?: string | undefined
  /** This process is carrying the request out now, so that nobody can claim the key. */
  isRunningHere?: boolean
}

/**
 * - `ours`: the request is to be carried out, as the clip that was named
 * - `answered`: it was carried out, and this clip was the answer
 * - `spoken`: it was carried out, and its process died before it could answer; this is the clip as it is now
 * - `abandoned`: its process died and may have left bytes of this clip; claim again once that is known
 * - `in_flight`: it is being carried out; ask again after `retryAfterMs`
 * - `other_request`: the key belongs to another request
 */
export type IdempotencyState =
  | { status: 'ours' }
  | { status: 'answered'; clip: VocalizedClip }
  | { status: 'spoken'; clip: Clip }
  | { status: 'abandoned'; clipId: string }
  | { status: 'in_flight'; retryAfterMs: number }
  | { status: 'other_request' }

/** Which clip was answered under which `Idempotency-Key`. */
export interface IdempotencyKeys {
  claim(claim: IdempotencyClaim): Promise<IdempotencyState>
  /** Prolongs the claims of a process on all of `keys` that it still has. */
  renew(keys: string[], lease: Lease): Promise<void>
  /** Remembers the answer, unless there is one already. Returns the one that counts. */
  answer(key: string, clip: VocalizedClip): Promise<VocalizedClip>
  /** The request of `owner` failed, and the key may be used again. */
  giveUp(key: string, owner: string): Promise<void>
  /** Ends all claims of `owner`, whose requests are no longer carried out. */
  release(owner: string): Promise<void>
}

export function createIdempotencyKeys({ run, transaction }: Database): IdempotencyKeys {
  return {
    claim: (claim) => transaction((db) => claimKey(db, claim), { exclusive: `idempotency ${claim.key}` }),

    renew: (keys, { owner, expiresAt }) =>
      run(async (db) => {
        await db
          .updateTable('idempotencyKeys')
          .set({ leaseExpiresAt: expiresAt })
          .where('key', 'in', keys)
          .where('leaseOwner', '=', owner)
          .execute()
      }),

    answer: (key, clip) =>
      transaction(
        async (db) => {
          const known = await findKey(db, key)
          if (known?.answer) return JSON.parse(known.answer)
          await db
            .updateTable('idempotencyKeys')
            .set({ ...unleased, answer: JSON.stringify(clip), clipId: clip.id })
            .where('key', '=', key)
            .execute()
          return clip
        },
        { exclusive: `idempotency ${key}` },
      ),

    giveUp: (key, owner) =>
      run(async (db) => {
        await db
          .deleteFrom('idempotencyKeys')
          .where('key', '=', key)
          .where('leaseOwner', '=', owner)
          .where('answer', 'is', null)
          .execute()
      }),

    release: (owner) =>
      run(async (db) => {
        await db.updateTable('idempotencyKeys').set(unleased).where('leaseOwner', '=', owner).execute()
      }),
  }
}

async function claimKey(db: Kysely<Schema>, claim: IdempotencyClaim): Promise<IdempotencyState> {
  const { key, fingerprint, now, lease, clipId, isRunningHere = false } = claim
  await deleteBefore(db, now - KEPT_MS)
  const known = await findKey(db, key)
  if (known && known.fingerprint !== fingerprint) return { status: 'other_request' }
  const answer: VocalizedClip | undefined = known?.answer ? JSON.parse(known.answer) : undefined
  // It may have been deleted at the moment at which it was answered.
  if (answer && (await findClip(db, answer.id))?.state !== 'deleted')
    return { status: 'answered', clip: answer }
  const leftMs = known ? leaseLeftMs(known, { now, self: lease.owner }) : 0
  if (leftMs > 0 || isRunningHere) {
    return { status: 'in_flight', retryAfterMs: Math.max(SHORTEST_WAIT_MS, leftMs) }
  }
  const left = known && (await whatIsLeft(db, known, claim))
  if (left) return left
  const claimed = {
    fingerprint,
    answer: null,
    clipId,
    createdAt: now,
    leaseOwner: lease.owner,
    leaseExpiresAt: lease.expiresAt,
  }
  await db
    .insertInto('idempotencyKeys')
    .values({ key, ...claimed })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(claimed))
    .execute()
  return { status: 'ours' }
}

/** What a claim that was never answered and that nobody works on any more has left. */
async function whatIsLeft(
  db: Kysely<Schema>,
  known: IdempotencyKeyRow,
  { lost }: IdempotencyClaim,
): Promise<IdempotencyState | undefined> {
  if (known.clipId === null) return undefined
  const clip = await findClip(db, known.clipId)
  if (clip && clip.state !== 'speaking') return isOver(clip) ? undefined : { status: 'spoken', clip }
  return known.clipId === lost ? undefined : { status: 'abandoned', clipId: known.clipId }
}

const findKey = (db: Kysely<Schema>, key: string) =>
  db.selectFrom('idempotencyKeys').selectAll().where('key', '=', key).executeTakeFirst()

async function deleteBefore(db: Kysely<Schema>, before: number) {
  const query = db
    .selectFrom('idempotencyKeys')
    .select('key')
    .where('createdAt', '<', before)
    .orderBy('createdAt')
    .limit(DELETED_AT_ONCE)
    .forUpdate()
    .skipLocked()
  await deleteChosen(db, 'idempotencyKeys', { key: ['key'], query })
}
