import { type Kysely, sql } from 'kysely'
import type { Schema, TotalsRow } from './schema.ts'

/** How much the temporary store holds and how much waits for IPFS, at the same cost however much that is. */
export async function readTotals(db: Kysely<Schema>): Promise<Omit<TotalsRow, 'slot'>> {
  const sums = await db
    .selectFrom('holdings')
    .select(({ fn }) => [
      fn.coalesce(fn.sum<number>('heldClips'), sql.lit(0)).as('heldClips'),
      fn.coalesce(fn.sum<number>('heldBytes'), sql.lit(0)).as('heldBytes'),
      fn.coalesce(fn.sum<number>('waitingClips'), sql.lit(0)).as('waitingClips'),
    ])
    .executeTakeFirstOrThrow()
  return {
    heldClips: Number(sums.heldClips),
    heldBytes: Number(sums.heldBytes),
    waitingClips: Number(sums.waitingClips),
  }
}
