import { type Kysely, sql } from 'kysely'
import { prepared } from './prepared.ts'
import type { Schema, TotalsRow } from './schema.ts'

/** How much there is: clips and bytes that the temporary store holds, and clips that wait for IPFS. */
export type Totals = Omit<TotalsRow, 'slot'>

/** Reads the totals at the same cost however much there is: triggers keep them. */
export async function readTotals(db: Kysely<Schema>): Promise<Totals> {
  const { rows } = await sumUp(db, {})
  const sums = rows[0] as NonNullable<(typeof rows)[0]>
  return {
    heldClips: Number(sums.heldClips),
    heldBytes: Number(sums.heldBytes),
    waitingClips: Number(sums.waitingClips),
  }
}

const sumUp = prepared((db) =>
  db
    .selectFrom('holdings')
    .select(({ fn }) => [
      fn.coalesce(fn.sum<number>('heldClips'), sql.lit(0)).as('heldClips'),
      fn.coalesce(fn.sum<number>('heldBytes'), sql.lit(0)).as('heldBytes'),
      fn.coalesce(fn.sum<number>('waitingClips'), sql.lit(0)).as('waitingClips'),
    ]),
)
