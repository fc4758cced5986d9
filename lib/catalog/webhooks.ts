import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Database } from './connection.ts'
import type { Emit } from './events.ts'
import { claimRows, type Lease, unleased } from './leases.ts'
import type { Schema, WebhookRow, WebhookType } from './schema.ts'

/** A message that the receiver of webhooks has not got yet. */
export type PendingWebhook = WebhookRow

/** The messages to the receiver of webhooks, each recorded in the same transaction as the change that it tells of. */
export interface Webhooks {
  /** Takes a lease on up to `limit` messages that are due, oldest first. */
  claim(claim: { limit: number; now: number; lease: Lease }): Promise<PendingWebhook[]>
  /** Deletes a message that the receiver has got, or will never get. */
  delete(id: string): Promise<void>
  /** Delivery failed: wait until `nextAttemptAt`. */
  postpone(id: string, facts: { error: string; nextAttemptAt: number }): Promise<void>
  /** Ends all leases of `owner`, and changes nothing else. */
  release(owner: string): Promise<void>
}

/** Part of another transaction: records that `clipId` has changed. */
export async function recordWebhook(
  db: Kysely<Schema>,
  event: { type: WebhookType; clipId: string; now: number },
): Promise<void> {
  const { type, clipId, now } = event
  const id = `msg_${randomBytes(16).toString('hex')}`
  await db
    .insertInto('webhooks')
    .values({ ...unsent, id, type, clipId, createdAt: now, nextAttemptAt: now })
    .execute()
}

const unsent = { ...unleased, attempts: 0, lastError: null }

export function createWebhooks({ read, run }: Database, emit: Emit): Webhooks {
  const isAnyDue = (now: number) =>
    read((db) =>
      db.selectFrom('webhooks').select('id').where('nextAttemptAt', '<=', now).limit(1).executeTakeFirst(),
    )

  return {
    async claim({ limit, now, lease }) {
      // This is asked every second, and a read does not keep others from writing.
      if (!(await isAnyDue(now))) return []
      return run((db) => {
        const among = db
          .selectFrom('webhooks')
          .select('id')
          .where('nextAttemptAt', '<=', now)
          .orderBy('nextAttemptAt')
        return claimRows(db, 'webhooks', { among, limit, now, lease })
      })
    },

    delete: (id) =>
      run(async (db) => {
        await db.deleteFrom('webhooks').where('id', '=', id).execute()
      }),

    async postpone(id, { error, nextAttemptAt }) {
      await run((db) =>
        db
          .updateTable('webhooks')
          .set({ ...unleased, lastError: error, nextAttemptAt })
          .set((eb) => ({ attempts: eb('attempts', '+', 1) }))
          .where('id', '=', id)
          .execute(),
      )
      emit({ type: 'webhook_due', dueAt: nextAttemptAt })
    },

    release: (owner) =>
      run(async (db) => {
        await db.updateTable('webhooks').set(unleased).where('leaseOwner', '=', owner).execute()
      }),
  }
}
