import type { Clip, ClipNotes, SpeechFacts } from '#lib/model/clip.ts'
import { stageAtOnce, storeAtOnce } from './at-once.ts'
import type { EndedAttempt } from './attempt-rows.ts'
import {
  BYTE_BUDGET,
  type NewClip,
  reserveClip,
  reserveWherePlenty,
  resizeClip,
} from './clip-reservations.ts'
import {
  type ExpiredFacts,
  expireClip,
  type FailedRound,
  findClip,
  postponeClip,
  type StagedFacts,
  type StoredFacts,
  stageClip,
  storeClip,
} from './clip-transitions.ts'
import type { Database } from './connection.ts'
import type { Emit } from './events.ts'
import { unleased } from './leases.ts'
import { toClip } from './schema.ts'

export type { NewClip } from './clip-reservations.ts'
export type { StagedFacts } from './clip-transitions.ts'

export interface SettledFacts {
  staged: Omit<StagedFacts, 'leaseOwner' | 'leaseExpiresAt'>
  stored: StoredFacts
  hasLocalBytes: boolean
}

/** What is left out stays as it is. */
type ChangedNotes = { [Name in keyof ClipNotes]?: ClipNotes[Name] | undefined } & { madeBy: string }

/** The life of a clip, one method a transition. */
export interface Clips {
  find(id: string): Promise<Clip | null>
  /** Of those of `ids` that have a record: whether their bytes should be here. */
  localAmong(ids: string[]): Promise<Map<string, boolean>>
  /**
   * Records a clip that is about to be spoken, if the bytes of all clips that are held stay within `maxBytes`. `false`:
   * they would not, or there is a record of this id.
   */
  reserve(clip: NewClip, maxBytes: number): Promise<boolean>
  /** Changes what a clip that is being spoken reserves. `false`: the byte budget is used up, nothing changed. */
  resize(id: string, sizeBytes: number, maxBytes: number): Promise<boolean>
  /** The audio is durable. Returns the clip; `null` where its record is gone. */
  stage(id: string, facts: StagedFacts): Promise<Clip | null>
  /**
   * A provider has stored it. `false` where that was known already. `attempt`: the one that did, whose end is recorded with
   * it.
   */
  store(id: string, facts: StoredFacts, attempt?: EndedAttempt): Promise<boolean>
  /**
   * A provider has stored it before it was recorded as staged. `false` where that was known already, or where its record
   * is gone.
   */
  settle(id: string, facts: SettledFacts): Promise<boolean>
  /** A round of `leaseOwner` through the chain failed: wait until `nextAttemptAt`. `false` where the lease was lost. */
  postpone(id: string, round: FailedRound): Promise<boolean>
  /**
   * Its time is over and no provider has it. `false` where it was stored or expired already, where it was given more time, or
   * where somebody other than `leaseOwner` is at work on it.
   */
  expire(id: string, facts: ExpiredFacts): Promise<boolean>
  /** Another vendor than the wanted one has begun to speak it: recorded at once, so that no crash makes it the original. */
  noteSpeech(id: string, speech: SpeechFacts): Promise<void>
  /** What its maker calls it from now on. Nothing changes where `madeBy` is not its maker. */
  describe(id: string, notes: ChangedNotes): Promise<void>
  /** The temporary store no longer has the bytes. */
  markBytesDeleted(id: string): Promise<void>
  /** Deletes the record of a clip that could not be spoken. `false` where it was deleted or staged already. */
  discard(id: string): Promise<boolean>
}

export function createClips(
  { read, run, transaction, durably, atOnce }: Database,
  { recordsWebhooks, emit }: { recordsWebhooks: boolean; emit: Emit },
): Clips {
  /** Emits what has become of a clip. Returns whether it has changed. */
  function changed(type: 'staged' | 'stored' | 'settled' | 'expired', clipId: string, clip?: Clip | null) {
    emit(clip ? { type, clipId, clip } : { type: 'superseded', clipId })
    return Boolean(clip)
  }

  return {
    find: (id) => read((db) => findClip(db, id)),

    localAmong: (ids) =>
      read(async (db) => {
        if (ids.length === 0) return new Map()
        const rows = await db.selectFrom('clips').select(['id', 'isHeld']).where('id', 'in', ids).execute()
        return new Map(rows.map(({ id, isHeld }) => [id, isHeld === 1]))
      }),

    async reserve(clip, maxBytes) {
      const isReserved =
        (await atOnce((db) => reserveWherePlenty(db, clip, maxBytes))) ||
        (await transaction((db) => reserveClip(db, clip, maxBytes), BYTE_BUDGET))
      if (isReserved) emit({ type: 'reserved', clipId: clip.id })
      return isReserved
    },

    resize: (id, sizeBytes, maxBytes) =>
      transaction((db) => resizeClip(db, id, sizeBytes, maxBytes), BYTE_BUDGET),

    async stage(id, facts) {
      const clip =
        (await atOnce((db) => stageAtOnce(db, id, facts))) ??
        (await durably((db) => stageClip(db, id, facts)))
      changed('staged', id, clip)
      return clip
    },

    async store(id, facts, attempt) {
      const { provider, ipfsHash, storedAt } = facts
      const isKept = !recordsWebhooks && provider !== null && ipfsHash !== null && storedAt !== null
      const kept = isKept ? { ...facts, provider, ipfsHash, storedAt, attempt } : undefined
      const done = kept && (await atOnce((db) => storeAtOnce(db, id, kept)))
      const options = { recordsWebhooks, attempt: done ? undefined : attempt }
      const clip = done?.clip ?? (await transaction((db) => storeClip(db, id, facts, options)))
      if (attempt) emit({ ...attempt.end, type: 'attempt_ended', clipId: id, provider: attempt.provider })
      return changed('stored', id, clip)
    },

    async settle(id, { staged, stored, hasLocalBytes }) {
      const clip = await transaction(async (db) => {
        await stageClip(db, id, { ...staged, ...unleased }, { hasLocalBytes })
        return storeClip(db, id, stored, { recordsWebhooks })
      })
      return changed('settled', id, clip)
    },

    async postpone(id, round) {
      const { nextAttemptAt } = round
      const isWaiting = await run((db) => postponeClip(db, id, round))
      emit(isWaiting ? { type: 'postponed', clipId: id, nextAttemptAt } : { type: 'superseded', clipId: id })
      return isWaiting
    },

    async expire(id, facts) {
      return changed('expired', id, await transaction((db) => expireClip(db, id, facts, { recordsWebhooks })))
    },

    noteSpeech: (id, speech) =>
      run(async (db) => {
        const facts = { speech: JSON.stringify(speech) }
        await db.updateTable('clips').set(facts).where('id', '=', id).execute()
      }),

    describe: (id, { madeBy, label, metadata }) =>
      run(async (db) => {
        const notes = {
          ...(label && { label }),
          ...(metadata && { metadata: JSON.stringify(metadata) }),
        }
        if (Object.keys(notes).length === 0) return
        const own = db.updateTable('clips').set(notes).where('id', '=', id).where('madeBy', '=', madeBy)
        await own.where('state', '<>', 'deleted').execute()
      }),

    markBytesDeleted: (id) =>
      run(async (db) => {
        await db.updateTable('clips').set({ isHeld: 0 }).where('id', '=', id).execute()
      }),

    async discard(id) {
      const row = await transaction(async (db) => {
        const speaking = db.deleteFrom('clips').where('id', '=', id).where('state', '=', 'speaking')
        const deleted = await speaking.returningAll().executeTakeFirst()
        if (deleted) await db.deleteFrom('captions').where('clipId', '=', id).execute()
        return deleted
      })
      emit({ type: 'discarded', clipId: id, clip: row && toClip(row) })
      return row !== undefined
    },
  }
}
