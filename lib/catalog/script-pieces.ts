import type { Kysely } from 'kysely'
import type { ScriptPiece } from '#lib/model/script.ts'
import type { Database } from './connection.ts'
import type { Schema } from './schema.ts'
import { leasedBy, toPiece } from './script-rows.ts'

/** What became of a piece. `clipId` is `null` where it says nothing. */
export type SpokenPiece = Pick<ScriptPiece, 'number' | 'isReused' | 'clipId'> & { durationMs: number }

/** What becomes of the pieces of scripts. */
export interface ScriptPieces {
  /** Its pieces, in their order. */
  piecesOf(id: string): Promise<ScriptPiece[]>
  /** A piece is about to be spoken as clip `clipId`. `false`: the script has ended, or the lease was lost. */
  assignPiece(id: string, piece: { number: number; clipId: string; owner: string }): Promise<boolean>
  /** A piece is spoken. */
  finishPiece(id: string, piece: SpokenPiece): Promise<void>
  /** The audio of a piece is lost: it is to be spoken again. Returns how often its audio was of no use. */
  losePiece(id: string, piece: { number: number; clipId: string }): Promise<number>
  /** The vendor may have been paid for a piece without its audio. Returns how often that has happened to it. */
  countLost(id: string, number: number): Promise<number>
  /** Prolongs the time of all clips that scripts still need to `expiresAt`, where it would end before. */
  keepPieces(expiresAt: number): Promise<void>
}

/** `changed` is called with the id of a script of which a piece more is spoken. */
export function createScriptPieces(
  { read, run, transaction }: Database,
  changed: (scriptId: string) => void,
): ScriptPieces {
  return {
    piecesOf: (id) =>
      read(async (db) => {
        const rows = await db
          .selectFrom('scriptPieces')
          .selectAll()
          .where('scriptId', '=', id)
          .orderBy('number')
          .execute()
        return rows.map(toPiece)
      }),

    assignPiece: (id, { number, clipId, owner }) =>
      run(async (db) => {
        const { numUpdatedRows } = await db
          .updateTable('scriptPieces')
          .set({ clipId })
          .where('scriptId', '=', id)
          .where('number', '=', number)
          .where('isSpoken', '=', 0)
          .where((eb) => eb.exists(leasedBy(db, id, owner)))
          .executeTakeFirst()
        return numUpdatedRows > 0n
      }),

    async finishPiece(id, { number, clipId, durationMs, isReused }) {
      await transaction(async (db) => {
        await db
          .updateTable('scriptPieces')
          .set({ clipId, durationMs, isSpoken: 1, isReused: isReused ? 1 : 0 })
          .where('scriptId', '=', id)
          .where('number', '=', number)
          .execute()
        await db
          .updateTable('scripts')
          .set({ failedRounds: 0, lastError: null, errorCode: null })
          .where('id', '=', id)
          .where('state', '=', 'speaking')
          .execute()
      })
      changed(id)
    },

    losePiece: (id, { number, clipId }) =>
      transaction(async (db) => {
        await db
          .updateTable('scriptPieces')
          .set({ clipId: null, isSpoken: 0, isReused: 0, durationMs: null })
          .where('scriptId', '=', id)
          .where('number', '=', number)
          .where('clipId', '=', clipId)
          .execute()
        // Or the same clip would be found again.
        await db.deleteFrom('requests').where('clipId', '=', clipId).execute()
        return countLost(db, id, number)
      }),

    countLost: (id, number) => run((db) => countLost(db, id, number)),

    keepPieces: (expiresAt) =>
      run(async (db) => {
        const needed = db
          .selectFrom('scriptPieces')
          .innerJoin('scripts', 'scripts.id', 'scriptPieces.scriptId')
          .select('scriptPieces.clipId')
          .where('scripts.state', '=', 'speaking')
          .where('scriptPieces.clipId', 'is not', null)
        await db
          .updateTable('clips')
          .set({ expiresAt })
          .where('id', 'in', needed)
          .where('expiresAt', '<', expiresAt)
          .where('state', '<>', 'expired')
          .execute()
      }),
  }
}

async function countLost(db: Kysely<Schema>, id: string, number: number): Promise<number> {
  const { lostAttempts } = await db
    .updateTable('scriptPieces')
    .set((eb) => ({ lostAttempts: eb('lostAttempts', '+', 1) }))
    .where('scriptId', '=', id)
    .where('number', '=', number)
    .returning('lostAttempts')
    .executeTakeFirstOrThrow()
  return lostAttempts
}
