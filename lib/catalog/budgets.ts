import type { Kysely } from 'kysely'
import { deleteChosen } from './chosen-rows.ts'
import type { Database } from './connection.ts'
import type { Schema } from './schema.ts'

/** How many rows of past days one call deletes. It skips those that another call is deleting. */
const DELETED_AT_ONCE = 100

interface Spending {
  /** Such as `2026-11-22`, in UTC. */
  day: string
  caller: string
  characters: number
}

/** How many characters each caller has had spoken today. Past days are deleted. */
export interface Budgets {
  /** Counts the characters, if the day's sum stays within `limit`. Returns whether it does. */
  spend(spending: Spending, limit: number): Promise<boolean>
  /** Takes back what was counted for a text that was not spoken. */
  refund(spending: Spending): Promise<void>
  /** What a caller has had spoken on a day. */
  spent(of: Pick<Spending, 'day' | 'caller'>): Promise<number>
}

export function createBudgets({ read, run, transaction }: Database): Budgets {
  return {
    spend: ({ day, caller, characters }, limit) =>
      transaction(async (db) => {
        if (characters > limit) return false
        await deleteBefore(db, day)
        const { numInsertedOrUpdatedRows = 0n } = await db
          .insertInto('dailyCharacters')
          .values({ day, caller, characters })
          .onConflict((conflict) =>
            conflict
              .columns(['day', 'caller'])
              .doUpdateSet((eb) => ({
                characters: eb('dailyCharacters.characters', '+', eb.ref('excluded.characters')),
              }))
              .where('dailyCharacters.characters', '<=', limit - characters),
          )
          .executeTakeFirst()
        return numInsertedOrUpdatedRows > 0n
      }),

    refund: ({ day, caller, characters }) =>
      run(async (db) => {
        await db
          .updateTable('dailyCharacters')
          .set((eb) => ({ characters: eb('characters', '-', characters) }))
          .where('day', '=', day)
          .where('caller', '=', caller)
          .execute()
      }),

    spent: ({ day, caller }) =>
      read(async (db) => {
        const row = await db
          .selectFrom('dailyCharacters')
          .select('characters')
          .where('day', '=', day)
          .where('caller', '=', caller)
          .executeTakeFirst()
        return row?.characters ?? 0
      }),
  }
}

async function deleteBefore(db: Kysely<Schema>, day: string) {
  const query = db
    .selectFrom('dailyCharacters')
    .select(['day', 'caller'])
    .where('day', '<', day)
    .limit(DELETED_AT_ONCE)
    .forUpdate()
    .skipLocked()
  await deleteChosen(db, 'dailyCharacters', { key: ['day', 'caller'], query })
}
