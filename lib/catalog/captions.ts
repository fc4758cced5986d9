import type { Kysely } from 'kysely'
import { type Clip, captionsIdOf } from '#lib/model/clip.ts'
import { BYTE_BUDGET } from './clip-reservations.ts'
import { isUnfiled } from './conditions.ts'
import type { Database } from './connection.ts'
import type { Emit } from './events.ts'
import { unleased } from './leases.ts'
import type { Schema } from './schema.ts'
import { readTotals } from './totals.ts'

/** The captions of one clip. `cid`: of its WebVTT. `alignment`: packed by `packAlignment`. */
export interface KeptCaptions {
  cid: string
  alignment: string
}

/** The WebVTT of a clip that IPFS is to get, as a clip of its own whose bytes are in the temporary store. */
export interface CaptionsFile {
  of: Pick<Clip, 'id' | 'requestId' | 'voiceId'>
  cid: string
  sizeBytes: number
  now: number
  expiresAt: number
}

/**
 * The captions of clips. They are kept here for as long as the record of the clip; that IPFS gets them too, a file is made of
 * them once it has the clip, which then lives as any other clip does.
 */
export interface CaptionsCatalog {
  /** Keeps the captions of a clip, durably, in place of others. They become its own once it is staged. */
  keep(clipId: string, captions: KeptCaptions): Promise<void>
  find(clipId: string): Promise<KeptCaptions | null>
  /** The ids of stored clips whose captions are no file yet. */
  unfiled(options: { limit: number }): Promise<string[]>
  /**
   * Records the file of a clip's captions, as one that waits for IPFS, if all bytes that are held stay within `maxBytes`.
   * `known`: there is one already.
   */
  file(file: CaptionsFile, maxBytes: number): Promise<'filed' | 'known' | 'full'>
}

export function createCaptions({ read, durably, transaction }: Database, emit: Emit): CaptionsCatalog {
  return {
    keep: (clipId, captions) =>
      durably(async (db) => {
        await db
          .insertInto('captions')
          .values({ clipId, ...captions, isFiled: 0 })
          .onConflict((conflict) => conflict.column('clipId').doUpdateSet(captions))
          .execute()
      }),

    find: (clipId) =>
      read(async (db) => {
        const query = db.selectFrom('captions').select(['cid', 'alignment']).where('clipId', '=', clipId)
        return (await query.executeTakeFirst()) ?? null
      }),

    unfiled: ({ limit }) =>
      read(async (db) => {
        const rows = await db
          .selectFrom('captions')
          .innerJoin('clips', 'clips.id', 'captions.clipId')
          .select('captions.clipId')
          .where(isUnfiled)
          .where('clips.state', '=', 'stored')
          .limit(limit)
          .execute()
        return rows.map(({ clipId }) => clipId)
      }),

    async file(file, maxBytes) {
      const outcome = await transaction((db) => fileCaptions(db, file, maxBytes), BYTE_BUDGET)
      if (outcome === 'filed') {
        emit({ type: 'postponed', clipId: captionsIdOf(file.of.id), nextAttemptAt: file.now })
      }
      return outcome
    },
  }
}

async function fileCaptions(db: Kysely<Schema>, file: CaptionsFile, maxBytes: number) {
  const { of, cid, sizeBytes, now, expiresAt } = file
  if ((await readTotals(db)).heldBytes + sizeBytes > maxBytes) return 'full'
  // They may have gone with their clip meanwhile.
  const kept = db.selectFrom('captions').select('clipId').where('clipId', '=', of.id)
  if (!(await kept.executeTakeFirst())) return 'known'
  const waiting = {
    ...unleased,
    state: 'pending',
    isHeld: 1,
    cid,
    sizeBytes,
    expiresAt,
    nextAttemptAt: now,
    failedRounds: 0,
    lastRoundAt: null,
    lastError: null,
  } as const
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('clips')
    .values({
      ...waiting,
      id: captionsIdOf(of.id),
      captionsOf: of.id,
      requestId: of.requestId,
      voiceId: of.voiceId,
      characters: 0,
      attempts: 0,
      mimeType: 'text/vtt',
      fileExtension: 'vtt',
      createdAt: now,
      stagedAt: now,
    })
    // One that no provider took in its time gets another one.
    .onConflict((conflict) => conflict.column('id').doUpdateSet(waiting).where('clips.state', '=', 'expired'))
    .executeTakeFirst()
  if (numInsertedOrUpdatedRows === 0n) return 'known'
  await db.updateTable('captions').set({ cid, isFiled: 1 }).where('clipId', '=', of.id).execute()
  await db.updateTable('clips').set({ captionsCid: cid }).where('id', '=', of.id).execute()
  return 'filed'
}
