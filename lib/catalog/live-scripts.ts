import { type Kysely, sql } from 'kysely'
import type { Database } from './connection.ts'
import type { Schema } from './schema.ts'
import { insertPiece, leasedBy, type NewPiece } from './script-rows.ts'

/** A piece that comes or goes at the end of a script. `request`: the text of the whole script with or without it. */
export interface LastPiece {
  piece: NewPiece & { clipId: string }
  request: string
  owner: string
}

/** Scripts whose text comes while they are spoken. */
export interface LiveScripts {
  /** A further piece is about to be spoken as its clip. `false`: the script has ended, or the lease was lost. */
  append(id: string, last: LastPiece): Promise<boolean>
  /** The last piece will not be spoken. `false` as above, and where it was spoken. */
  dropLast(id: string, last: LastPiece): Promise<boolean>
}

export function createLiveScripts(
  { transaction }: Pick<Database, 'transaction'>,
  changed: (scriptId: string) => void,
): LiveScripts {
  return {
    async append(id, { piece, request, owner }) {
      const isOurs = await transaction(async (db) => {
        if (!(await changeLength(db, id, { owner, request, pieces: 1, characters: piece.characters })))
          return false
        await insertPiece(db, id, piece)
        return true
      })
      if (isOurs) changed(id)
      return isOurs
    },

    async dropLast(id, { piece, request, owner }) {
      const isOurs = await transaction(async (db) => {
        const { numDeletedRows } = await db
          .deleteFrom('scriptPieces')
          .where('scriptId', '=', id)
          .where('number', '=', piece.number)
          .where('isSpoken', '=', 0)
          .where((eb) => eb.exists(leasedBy(db, id, owner)))
          .executeTakeFirst()
        if (numDeletedRows === 0n) return false
        return changeLength(db, id, { owner, request, pieces: -1, characters: -piece.characters })
      })
      if (isOurs) changed(id)
      return isOurs
    },
  }
}

/** `false`: the script has ended, or the lease was lost. */
async function changeLength(
  db: Kysely<Schema>,
  id: string,
  change: { owner: string; request: string; pieces: number; characters: number },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('scripts')
    .set({
      request: change.request,
      pieceCount: sql`piece_count + ${change.pieces}`,
      characters: sql`characters + ${change.characters}`,
    })
    .where('id', 'in', leasedBy(db, id, change.owner))
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
