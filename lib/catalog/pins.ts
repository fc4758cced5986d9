import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import type { Clip } from '#lib/model/clip.ts'
import { updateChosen } from './chosen-rows.ts'
import { isLost, isUnproven } from './conditions.ts'
import type { Database } from './connection.ts'
import type { Emit } from './events.ts'
import {
  type Address,
  addPin,
  freshPin,
  losePin,
  type NewPin,
  type Proof,
  provePin,
} from './pin-transitions.ts'
import { prepared } from './prepared.ts'
import { type Pin, type Schema, toClip } from './schema.ts'

/** Its provider delivers it as far as is known: the condition of `pins_by_check`. */
const isKept = sql<SqlBool>`pins.lost_at is null`

/** Which provider holds which clip. */
export interface Pins {
  /** The clip that has `cid` and that a provider holds, or held under that name. */
  clipOf(cid: string): Promise<Clip | null>
  ofClip(clipId: string): Promise<Pin[]>
  /** Takes the pin whose reading back was due first, and by `dueBy`. Nobody else takes it before `until`. */
  claimReadBack(claim: { now: number; dueBy: number; until: number }): Promise<Pin | undefined>
  /** When the next pin is to be read back; `undefined` where none is. */
  nextReadBackAt(): Promise<number | undefined>
  /** Takes the pin that was checked longest ago and before `before`; before all others one that never was. */
  claimCheck(claim: { now: number; before: number }): Promise<Pin | undefined>
  /** The right bytes were had. `address`: where the clip is had, unless its record knows a place. */
  prove(pin: Pin, facts: Proof): Promise<void>
  /** It could not be confirmed now, and is to be read back at another time, or when the audit comes to it. */
  defer(pin: Pin, facts: Pick<Pin, 'readBackAt' | 'unconfirmedSince'>): Promise<void>
  /**
   * Its provider does not deliver it. From `replicateAt` on a further one is to get it. A record that names this provider
   * names `address` afterwards, or none.
   */
  lose(pin: Pin, facts: { at: number; replicateAt: number; address?: Address | undefined }): Promise<void>
  /** A provider holds a clip: a further one, or again one that had lost it. */
  add(pin: NewPin, address?: Address): Promise<void>
  /** How many stored clips nobody is known to deliver, and how many of them all have lost, we ourselves too. */
  countUnproven(): Promise<{ unproven: number; lost: number }>
}

const storedClip = prepared((db, { cid }: { cid: string }) =>
  db
    .selectFrom('clips')
    .selectAll()
    // As a parameter it would have SQLite plan the query at each run.
    .where('state', '=', sql.lit('stored'))
    // Not by `or`, for which Postgres would look at every clip.
    .where('id', 'in', ({ selectFrom }) =>
      selectFrom('clips')
        .select('id')
        .where('cid', '=', cid)
        .unionAll(selectFrom('pins').select('clipId as id').where('cid', '=', cid)),
    )
    .limit(1),
)

export function createPins({ read, run, transaction }: Database, emit: Emit): Pins {
  /** Takes the first of the pins that fit, and changes it. */
  const claim = (
    changes: Partial<Pin>,
    order: 'checkedAt' | 'pinnedAt' | 'readBackAt',
    fits: (eb: ExpressionBuilder<Schema, 'pins'>) => Expression<SqlBool>,
  ) =>
    run(async (db) => {
      const query = db
        .selectFrom('pins')
        .select(['clipId', 'provider'])
        .where(fits)
        .where(isKept)
        .orderBy(order)
        .limit(1)
        .forUpdate()
        .skipLocked()
      const [pin] = await updateChosen(db, 'pins', { key: ['clipId', 'provider'], query }, changes)
      return pin
    })

  return {
    clipOf: (cid) =>
      read(async (db) => {
        const { rows } = await storedClip(db, { cid })
        return rows[0] ? toClip(rows[0]) : null
      }),

    ofClip: (clipId) =>
      read((db) =>
        db.selectFrom('pins').selectAll().where('clipId', '=', clipId).orderBy('pinnedAt').execute(),
      ),

    claimReadBack: ({ now, dueBy, until }) =>
      claim({ checkedAt: now, readBackAt: until }, 'readBackAt', (eb) => eb('readBackAt', '<=', dueBy)),

    nextReadBackAt: () =>
      read(async (db) => {
        const { next } = await db
          .selectFrom('pins')
          .select((eb) => eb.fn.min('readBackAt').as('next'))
          .where('readBackAt', 'is not', null)
          .executeTakeFirstOrThrow()
        return next === null ? undefined : Number(next)
      }),

    async claimCheck({ now, before }) {
      // One after the other: an index answers each of these questions, and none answers them joined by `or`.
      return (
        (await claim({ checkedAt: now }, 'pinnedAt', (eb) =>
          eb.and([eb('checkedAt', 'is', null), eb('pinnedAt', '<=', before)]),
        )) ?? (await claim({ checkedAt: now }, 'checkedAt', (eb) => eb('checkedAt', '<', before)))
      )
    },

    prove: (pin, facts) => transaction((db) => provePin(db, pin, facts)),

    defer: ({ clipId, provider }, { readBackAt, unconfirmedSince }) =>
      run(async (db) => {
        await db
          .updateTable('pins')
          .set({ readBackAt, unconfirmedSince })
          .where('clipId', '=', clipId)
          .where('provider', '=', provider)
          .where(isKept)
          .execute()
      }),

    async lose(pin, { at, replicateAt, address }) {
      await transaction((db) => losePin(db, pin, { at, replicateAt, address }))
      emit({ type: 'replication_due', dueAt: replicateAt })
    },

    async add(newPin, address) {
      const pin = freshPin(newPin)
      await transaction((db) => addPin(db, pin, address))
      if (pin.readBackAt !== null) emit({ type: 'read_back_due', dueAt: pin.readBackAt })
    },

    countUnproven: () =>
      read(async (db) => {
        const count = db.selectFrom('clips').select((eb) => eb.fn.countAll<number>().as('clips'))
        const { clips: unproven } = await count.where(isUnproven).executeTakeFirstOrThrow()
        const { clips: lost } = await count.where(isLost).executeTakeFirstOrThrow()
        return { unproven: Number(unproven), lost: Number(lost) }
      }),
  }
}
