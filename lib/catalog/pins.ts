import type { Clip } from '../clip.ts'
import type { Database } from './connection.ts'
import { toClip } from './schema.ts'

/** One provider holds one clip. Times are milliseconds since the epoch. */
export interface Pin {
  clipId: string
  provider: string
  /** What the provider calls it: the clip's own CID, save where a provider chunks in its own way. */
  cid: string
  pinnedAt: number
  /** When it was last read back. */
  checkedAt: number | null
  /** When its gateway first delivered the right bytes. */
  provenAt: number | null
  /** The provider no longer delivers it. */
  lostAt: number | null
}

/** What is known of a pin that was just made. */
export const unproven = { checkedAt: null, provenAt: null, lostAt: null }

/** Who holds which clip. */
export interface Pins {
  /** The clip that has `cid` and that a provider holds, or held under that name. */
  clipOf(cid: string): Promise<Clip | null>
  ofClip(clipId: string): Promise<Pin[]>
  /** A provider holds a clip: a further one, or again one that had lost it. */
  add(pin: Pick<Pin, 'clipId' | 'provider' | 'cid' | 'pinnedAt'>): Promise<void>
}

export function createPins({ run }: Database): Pins {
  return {
    clipOf: (cid) =>
      run(async (db) => {
        const row = await db
          .selectFrom('clips')
          .selectAll()
          .where('state', '=', 'stored')
          .where((eb) =>
            eb.or([
              eb('cid', '=', cid),
              eb('id', 'in', eb.selectFrom('pins').select('clipId').where('pins.cid', '=', cid)),
            ]),
          )
          .limit(1)
          .executeTakeFirst()
        return row ? toClip(row) : null
      }),

    add: (pin) =>
      run(async (db) => {
        const fresh = { ...unproven, ...pin }
        await db
          .insertInto('pins')
          .values(fresh)
          .onConflict((conflict) => conflict.columns(['clipId', 'provider']).doUpdateSet(fresh))
          .execute()
      }),

    ofClip: (clipId) =>
      run((db) =>
        db.selectFrom('pins').selectAll().where('clipId', '=', clipId).orderBy('pinnedAt').execute(),
      ),
  }
}
