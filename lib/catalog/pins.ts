import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import type { Clip } from '#lib/model/clip.ts'
import { updateChosen } from './chosen-rows.ts'
import type { Database } from './connection.ts'
import { type Pin, type Schema, toClip } from './schema.ts'

/** Its provider delivers it as far as is known: the condition of `pins_by_check`. */
const isKept = sql<SqlBool>`pins.lost_at is null`

/** A pin that was just made, and not checked yet. */
export const unproven = { checkedAt: null, provenAt: null, lostAt: null }

/** Which provider holds which clip. */
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

export function createPins({ read, run }: Database): Pins {
  const change = (clipId: string, provider: string, facts: Partial<Pin>) =>
    run(async (db) => {
      await db
        .updateTable('pins')
        .set(facts)
        .where('clipId', '=', clipId)
        .where('provider', '=', provider)
        .execute()
    })

  /** Takes the first of the pins that fit. */
  const claim = (
    now: number,
    order: 'checkedAt' | 'pinnedAt',
    fits: (eb: ExpressionBuilder<Schema, 'pins'>) => Expression<SqlBool>,
  ) =>
    run(async (db) => {
      const query = db
        .selectFrom('pins')
        .select(['clipId', 'provider'])
        .where(isKept)
        .where(fits)
        .orderBy(order)
        .limit(1)
        .forUpdate()
        .skipLocked()
      const [pin] = await updateChosen(db, 'pins', { key: ['clipId', 'provider'], query }, { checkedAt: now })
      return pin
    })

  return {
    clipOf: (cid) =>
      read(async (db) => {
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

    async claimCheck({ now, before, freshSince, freshBefore }) {
      // One after the other: an index answers each of these questions, and none answers them joined by `or`.
      return (
        (await claim(now, 'pinnedAt', (eb) => eb('checkedAt', 'is', null))) ??
        (await claim(now, 'checkedAt', (eb) => eb('checkedAt', '<', before))) ??
        (await claim(now, 'pinnedAt', (eb) =>
          eb.and([
            eb('provenAt', 'is', null),
            eb('pinnedAt', '>', freshSince),
            eb('checkedAt', '<', freshBefore),
          ]),
        ))
      )
    },

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
      read((db) =>
        db.selectFrom('pins').selectAll().where('clipId', '=', clipId).orderBy('pinnedAt').execute(),
      ),
  }
}
