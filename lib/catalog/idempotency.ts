import type { Kysely } from 'kysely'
import { DAY_MS } from '#lib/platform/units.ts'
import { deleteChosen } from './chosen-rows.ts'
import type { Database } from './connection.ts'
import type { Schema } from './schema.ts'

/** How long answers are kept. */
const KEPT_MS = DAY_MS
/** How many old answers one claim deletes. It skips those that another claim is deleting. */
const DELETED_AT_ONCE = 100

export interface IdempotencyClaim {
  /** A hash of the key and of whom it belongs to. */
  key: string
  /** A keyed hash of the request that the key was sent with. */
  fingerprint: string
  now: number
  /** When a claim whose process died may be taken over. */
  leaseExpiresAt: number
}

/**
 * - `ours`: the key is new, the request is to be carried out
 * - `answered`: it was carried out; this is the answer
 * - `in_flight`: it is being carried out
 * - `other_request`: the key belongs to another request
 */
export type IdempotencyState =
  | { status: 'ours' }
  | { status: 'answered'; answer: unknown }
  | { status: 'in_flight' }
  | { status: 'other_request' }

/** What was answered under which `Idempotency-Key`. */
export interface IdempotencyKeys {
  claim(claim: IdempotencyClaim): Promise<IdempotencyState>
  /** Remembers the answer. */
  answer(key: string, answer: unknown): Promise<void>
  /** The request failed, and the key may be used again. */
  giveUp(key: string): Promise<void>
}

export function createIdempotencyKeys({ run, transaction }: Database): IdempotencyKeys {
  return {
    claim: ({ key, fingerprint, now, leaseExpiresAt }) =>
      transaction(
        async (db) => {
          await deleteBefore(db, now - KEPT_MS)
          const known = await db
            .selectFrom('idempotencyKeys')
            .selectAll()
            .where('key', '=', key)
            .executeTakeFirst()
          if (known && known.fingerprint !== fingerprint) return { status: 'other_request' }
          if (known?.answer) return { status: 'answered', answer: JSON.parse(known.answer) }
          if (known && (known.leaseExpiresAt ?? 0) > now) return { status: 'in_flight' }
          const claim = { fingerprint, createdAt: now, leaseExpiresAt }
          await db
            .insertInto('idempotencyKeys')
            .values({ key, answer: null, ...claim })
            .onConflict((conflict) => conflict.column('key').doUpdateSet(claim))
            .execute()
          return { status: 'ours' }
        },
        { exclusive: `idempotency ${key}` },
      ),

    answer: (key, answer) =>
      run(async (db) => {
        await db
          .updateTable('idempotencyKeys')
          .set({ answer: JSON.stringify(answer), leaseExpiresAt: null })
          .where('key', '=', key)
          .execute()
      }),

    giveUp: (key) =>
      run(async (db) => {
        await db.deleteFrom('idempotencyKeys').where('key', '=', key).where('answer', 'is', null).execute()
      }),
  }
}

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
