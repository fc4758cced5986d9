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
  /**
   * Takes the pin that was checked longest ago and before `before`, or that was made since `freshSince`, is not proven
   * and was checked before `freshBefore`. It counts as checked now.
   */
  claimCheck(claim: {
    now: number
    before: number
    freshSince: number
    freshBefore: number
  }): Promise<Pin | undefined>
  /** The permanent address has delivered it. */
  prove(pin: Pin, at: number): Promise<void>
  /** Its provider no longer delivers it. */
  lose(pin: Pin, at: number): Promise<void>
  /** A provider holds a clip: a further one, or again one that had lost it. */
  add(pin: Pick<Pin, 'clipId' | 'provider' | 'cid' | 'pinnedAt'> & Partial<Pin>): Promise<void>
}

export function createPins({ run }: Database): Pins {
  const change = (clipId: string, provider: string, facts: Partial<Pin>) =>
    run(async (db) => {
      await db
        .updateTable('pins')
        .set(facts)
        .where('clipId', '=', clipId)
        .where('provider', '=', provider)
        .execute()
    })

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

    claimCheck: ({ now, before, freshSince, freshBefore }) =>
      run((db) =>
        db
          .updateTable('pins')
          .set({ checkedAt: now })
          .where(({ eb, refTuple, selectFrom }) =>
            eb(
              refTuple('clipId', 'provider'),
              'in',
              selectFrom('pins as due')
                .select(['due.clipId', 'due.provider'])
                .where('due.lostAt', 'is', null)
                .where((inner) =>
                  inner.or([
                    inner('due.checkedAt', 'is', null),
                    inner('due.checkedAt', '<', before),
                    inner.and([
                      inner('due.provenAt', 'is', null),
                      inner('due.pinnedAt', '>', freshSince),
                      inner('due.checkedAt', '<', freshBefore),
                    ]),
                  ]),
                )
                .orderBy('due.checkedAt')
                .limit(1)
                .$asTuple('clipId', 'provider'),
            ),
          )
          .returningAll()
          .executeTakeFirst(),
      ),

    prove: ({ clipId, provider }, at) => change(clipId, provider, { provenAt: at }),
    lose: ({ clipId, provider }, at) => change(clipId, provider, { lostAt: at, provenAt: null }),

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
