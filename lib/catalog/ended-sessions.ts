import type { Database } from './connection.ts'

/** The dashboard sessions that operators have ended before their time. */
export interface EndedSessions {
  /** Ends the session `id`, which would have lasted until `endsAt`. Forgets those whose time is over. */
  add(session: { id: string; endsAt: number; now: number }): Promise<void>
  has(id: string): Promise<boolean>
}

export function createEndedSessions({ run, read }: Database): EndedSessions {
  return {
    add: ({ id, endsAt, now }) =>
      run(async (db) => {
        await db.deleteFrom('endedSessions').where('endsAt', '<', now).execute()
        await db
          .insertInto('endedSessions')
          .values({ id, endsAt })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .execute()
      }),

    has: (id) =>
      read(async (db) => {
        const row = await db.selectFrom('endedSessions').select('id').where('id', '=', id).executeTakeFirst()
        return row !== undefined
      }),
  }
}
