import type { Database } from './connection.ts'

/** How many rows one statement looks at, which must not take long. */
const LOOKED_AT_ONCE = 5000

/** The ids of all clips as ranges of at most 5000 each: later than `after`, up to `last`. */
export async function* clipIdBatches({ read }: Database): AsyncGenerator<{ after: string; last: string }> {
  for (let after = ''; ; ) {
    const { last } = await read((db) => {
      const batch = db
        .selectFrom('clips')
        .select('id')
        .where('id', '>', after)
        .orderBy('id')
        .limit(LOOKED_AT_ONCE)
      return db
        .selectFrom(batch.as('batch'))
        .select((eb) => eb.fn.max('batch.id').as('last'))
        .executeTakeFirstOrThrow()
    })
    if (last === null) return
    yield { after, last }
    after = last
  }
}
