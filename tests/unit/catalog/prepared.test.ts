import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import { expect, it, vi } from 'vitest'
import { prepared } from '#lib/catalog/prepared.ts'
import type { Schema } from '#lib/catalog/schema.ts'

/** A database that keeps nothing but what it was asked. */
function world() {
  const asked: [sql: string, parameters: readonly unknown[]][] = []
  const db = new Kysely<Schema>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (of) => new SqliteIntrospector(of),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
    log: ({ query }) => void asked.push([query.sql, query.parameters]),
  })
  return { db, asked }
}

interface Change {
  id: string
  state?: 'staged' | undefined
  lastError?: string | null | undefined
}

const changing = () => {
  const build = vi.fn((db: Kysely<Schema>, { id, ...changes }: Change) =>
    db
      .updateTable('clips')
      .set({ isHeld: 1, ...changes })
      .where('id', '=', id),
  )
  return { build, change: prepared(build) }
}

it('a query is built once for each set of names, and run with the values of each call', async () => {
  const { db, asked } = world()
  const { build, change } = changing()
  await change(db, { id: 'a', lastError: 'no' })
  await change(db, { id: 'b', lastError: null })
  await change(db, { id: 'c', lastError: undefined })
  await db.transaction().execute((transaction) => change(transaction, { id: 'd' }))
  expect(asked).toEqual([
    ['update "clips" set "isHeld" = ?, "lastError" = ? where "id" = ?', [1, 'no', 'a']],
    ['update "clips" set "isHeld" = ?, "lastError" = ? where "id" = ?', [1, null, 'b']],
    ['update "clips" set "isHeld" = ? where "id" = ?', [1, 'c']],
    ['update "clips" set "isHeld" = ? where "id" = ?', [1, 'd']],
  ])
  expect(build).toHaveBeenCalledTimes(2)
})

it('each database has queries of its own', async () => {
  const { build, change } = changing()
  for (const { db } of [world(), world()]) await change(db, { id: 'a' })
  expect(build).toHaveBeenCalledTimes(2)
})

it('values may stand in lists of objects', async () => {
  const { db, asked } = world()
  const add = prepared((of, rows: { name: string; label: string; value: number }[]) =>
    of.insertInto('counters').values(rows),
  )
  const row = (value: number) => ({ name: 'n', label: 'l', value })
  await add(db, [row(1), row(2)])
  await add(db, [row(3)])
  await add(db, [row(4), row(5)])
  expect(asked.map(([, parameters]) => parameters)).toEqual([
    ['n', 'l', 1, 'n', 'l', 2],
    ['n', 'l', 3],
    ['n', 'l', 4, 'n', 'l', 5],
  ])
})
