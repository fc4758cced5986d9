import type { Kysely } from 'kysely'
import type { Clip, OriginalFacts } from '#lib/model/clip.ts'
import type { Database } from './connection.ts'
import { addToCounters, timeToIpfsCounters } from './counters.ts'
import { unproven } from './pins.ts'
import { isUnleased, type Schema, toClip } from './schema.ts'
import { readTotals } from './totals.ts'
import { recordWebhook } from './webhooks.ts'

/** What is known of a clip before a word is spoken. `sizeBytes` is the room reserved for it. */
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
>

/** What is known once the bytes are durable. */
export type StagedFacts = Pick<
  Clip,
  | 'cid'
  | 'mimeType'
  | 'fileExtension'
  | 'sizeBytes'
  | 'durationMs'
  | 'stagedAt'
  | 'leaseOwner'
  | 'leaseExpiresAt'
> &
  Partial<Pick<Clip, 'expiresAt' | 'modelId' | 'outputFormat' | 'spokenAt'> & OriginalFacts>

/** Where a provider keeps a clip. */
export type StoredFacts = Pick<Clip, 'provider' | 'ipfsHash' | 'permanentUrl' | 'storedAt'>

export interface SettledFacts {
  staged: Omit<StagedFacts, 'leaseOwner' | 'leaseExpiresAt'>
  stored: StoredFacts
}

export interface FailedRound {
  leaseOwner: string
  error: string
  lastRoundAt: number
  nextAttemptAt: number
}

/** The life of a clip, one method a transition. */
export interface Clips {
  find(id: string): Promise<Clip | null>
  /** Of those of `ids` that have a record: whether their bytes should be here. */
  localAmong(ids: string[]): Promise<Map<string, boolean>>
  /**
   * Records a clip that is about to be spoken, if the temporary store has room: all that is held stays within `maxBytes`.
   * `false`: there is no room, or there is a record of this id.
   */
  reserve(clip: NewClip, maxBytes: number): Promise<boolean>
  /** Changes the room of a clip that is being spoken. `false`: there is no room, nothing changed. */
  resize(id: string, sizeBytes: number, maxBytes: number): Promise<boolean>
  /** Speaking became bytes. Returns the clip; `null` where its record is gone. */
  stage(id: string, facts: StagedFacts): Promise<Clip | null>
  /** A provider has it. `false` where that was known already. */
  store(id: string, facts: StoredFacts): Promise<boolean>
  /**
   * Speaking became bytes that a provider has and that are not held here. `false` where that was known already, or where
   * its record is gone.
   */
  settle(id: string, facts: SettledFacts): Promise<boolean>
  /** A round of `leaseOwner` through the chain failed: wait until `nextAttemptAt`. `false` where the lease was lost. */
  postpone(id: string, round: FailedRound): Promise<boolean>
  /**
   * Its time is over and nobody took it. `false` where it was stored or expired already, where it was given more time, or
   * where somebody other than `leaseOwner` is at work on it.
   */
  expire(id: string, facts: { error: string; now: number; leaseOwner?: string | undefined }): Promise<boolean>
  /** The temporary store no longer has the bytes. */
  markBytesDeleted(id: string): Promise<void>
  /** Nothing came of it. */
  discard(id: string): Promise<void>
}

export function createClips(database: Database, { recordsWebhooks = false } = {}): Clips {
  const { read, run, transaction, durably } = database

  async function storeClip(db: Kysely<Schema>, id: string, facts: StoredFacts): Promise<boolean> {
    const clip = await db
      .updateTable('clips')
      .set({ ...facts, ...unleased, state: 'stored', lastError: null, nextAttemptAt: null })
      .where('id', '=', id)
      .where('state', '<>', 'stored')
      .returning(['stagedAt', 'createdAt'])
      .executeTakeFirst()
    if (!clip) return false
    const { provider, ipfsHash, storedAt } = facts
    if (provider && ipfsHash) {
      const pin = { clipId: id, provider, cid: ipfsHash, pinnedAt: storedAt ?? 0 }
      await db
        .insertInto('pins')
        .values({ ...unproven, ...pin })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    }
    const elapsedMs = Math.max(0, (facts.storedAt ?? 0) - (clip.stagedAt ?? clip.createdAt))
    await addToCounters(db, [
      { name: 'clips_stored', label: facts.provider ?? '', value: 1 },
      ...timeToIpfsCounters(elapsedMs / 1000),
    ])
    if (recordsWebhooks) {
      await recordWebhook(db, { type: 'clip.stored', clipId: id, now: facts.storedAt ?? clip.createdAt })
    }
    return true
  }

  return {
    find: (id) => read((db) => findClip(db, id)),

    localAmong: (ids) =>
      read(async (db) => {
        if (ids.length === 0) return new Map()
        const rows = await db.selectFrom('clips').select(['id', 'isHeld']).where('id', 'in', ids).execute()
        return new Map(rows.map(({ id, isHeld }) => [id, isHeld === 1]))
      }),

    reserve: (clip, maxBytes) =>
      transaction(
        async (db) => {
          if ((await readTotals(db)).heldBytes + clip.sizeBytes > maxBytes) return false
          const { numInsertedOrUpdatedRows = 0n } = await db
            .insertInto('clips')
            .values({ ...unspoken, ...clip })
            .onConflict((conflict) => conflict.doNothing())
            .executeTakeFirst()
          return numInsertedOrUpdatedRows > 0n
        },
        { ...BYTE_BUDGET, allowAsyncCommit: true },
      ),

    resize: (id, sizeBytes, maxBytes) =>
      transaction(
        async (db) => {
          const clip = await findClip(db, id)
          if (!clip || (await readTotals(db)).heldBytes - clip.sizeBytes + sizeBytes > maxBytes) return false
          await db.updateTable('clips').set({ sizeBytes }).where('id', '=', id).execute()
          return true
        },
        { ...BYTE_BUDGET, allowAsyncCommit: true },
      ),

    stage: (id, facts) => durably((db) => stageClip(db, id, facts)),

    store: (id, facts) => transaction((db) => storeClip(db, id, facts)),

    settle: (id, { staged, stored }) =>
      transaction(async (db) => {
        await stageClip(db, id, { ...staged, ...unleased }, { isHeld: 0 })
        return storeClip(db, id, stored)
      }),

    postpone: (id, { leaseOwner, error, lastRoundAt, nextAttemptAt }) =>
      run(async (db) => {
        const { numUpdatedRows } = await db
          .updateTable('clips')
          .set({ ...unleased, state: 'pending', lastError: error, lastRoundAt, nextAttemptAt })
          .set((eb) => ({ failedRounds: eb('failedRounds', '+', 1) }))
          .where('id', '=', id)
          .where('state', 'in', ['staged', 'pending'])
          .where('leaseOwner', '=', leaseOwner)
          .executeTakeFirst()
        return numUpdatedRows > 0n
      }),

    expire: (id, { error, now, leaseOwner = '' }) =>
      transaction(async (db) => {
        const { numUpdatedRows } = await db
          .updateTable('clips')
          .set({ ...unleased, state: 'expired', lastError: error, nextAttemptAt: null })
          .where('id', '=', id)
          .where('state', 'in', ['staged', 'pending'])
          .where('expiresAt', '<=', now)
          .where((eb) => eb.or([isUnleased(now)(eb), eb('leaseOwner', '=', leaseOwner)]))
          .executeTakeFirst()
        if (numUpdatedRows === 0n) return false
        await addToCounters(db, [{ name: 'clips_expired', value: 1 }])
        if (recordsWebhooks) await recordWebhook(db, { type: 'clip.expired', clipId: id, now })
        return true
      }),

    markBytesDeleted: (id) =>
      run(async (db) => {
        await db.updateTable('clips').set({ isHeld: 0 }).where('id', '=', id).execute()
      }),

    discard: (id) =>
      run(async (db) => {
        await db.deleteFrom('clips').where('id', '=', id).where('state', '=', 'speaking').execute()
      }),
  }
}

const unleased = { leaseOwner: null, leaseExpiresAt: null }

/** Who takes of the byte budget does so alone, so that it is never given away twice. */
const BYTE_BUDGET = { exclusive: 'room' }

const unspoken = {
  state: 'speaking' as const,
  isHeld: 1,
  attempts: 0,
  failedRounds: 0,
}

async function stageClip(
  db: Kysely<Schema>,
  id: string,
  facts: StagedFacts,
  { isHeld } = { isHeld: 1 },
): Promise<Clip | null> {
  const { numUpdatedRows } = await db
    .updateTable('clips')
    .set({ ...facts, state: 'staged', isHeld, nextAttemptAt: facts.stagedAt })
    .where('id', '=', id)
    .where('state', '=', 'speaking')
    .executeTakeFirst()
  const clip = await findClip(db, id)
  if (clip && numUpdatedRows > 0n) {
    await addToCounters(db, [{ name: 'characters_spoken', value: clip.characters }])
  }
  return clip
}

async function findClip(db: Kysely<Schema>, id: string): Promise<Clip | null> {
  const row = await db.selectFrom('clips').selectAll().where('id', '=', id).executeTakeFirst()
  return row ? toClip(row) : null
}
