import type { Database } from './connection.ts'

interface Spending {
  /** Such as `2026-11-22`, in UTC. */
  day: string
  caller: string
  characters: number
}

/** How many characters each caller has had spoken today. Days that are over are forgotten. */
export interface Budgets {
  /** Counts the characters, if the day's sum stays within `limit`. Returns whether it does. */
  spend(spending: Spending, limit: number): Promise<boolean>
  /** Takes back what was counted for a text that was not spoken. */
  giveBack(spending: Spending): Promise<void>
}

export function createBudgets({ run, transaction }: Database): Budgets {
  return {
    spend: ({ day, caller, characters }, limit) =>
      transaction(async (db) => {
        await db.deleteFrom('dailyCharacters').where('day', '<', day).execute()
        const spent = await db
          .selectFrom('dailyCharacters')
          .select('characters')
          .where('day', '=', day)
          .where('caller', '=', caller)
          .executeTakeFirst()
        if ((spent?.characters ?? 0) + characters > limit) return false
        await db
          .insertInto('dailyCharacters')
          .values({ day, caller, characters })
          .onConflict((conflict) =>
            conflict.columns(['day', 'caller']).doUpdateSet((eb) => ({
              characters: eb('dailyCharacters.characters', '+', eb.ref('excluded.characters')),
            })),
          )
          .execute()
        return true
      }),

    giveBack: ({ day, caller, characters }) =>
      run(async (db) => {
        await db
          .updateTable('dailyCharacters')
          .set((eb) => ({ characters: eb('characters', '-', characters) }))
          .where('day', '=', day)
          .where('caller', '=', caller)
          .execute()
      }),
  }
}
