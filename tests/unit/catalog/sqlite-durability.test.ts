import path from 'node:path'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { createDatabase } from '#lib/catalog/connection.ts'
import { sqliteFile } from '#lib/catalog/sqlite.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

// https://sqlite.org/pragma.html#pragma_synchronous
const NORMAL = 1
const FULL = 2

it('a durable transaction in SQLite is synced, and the next one is not', async () => {
  const database = createDatabase(sqliteFile(path.join(await temporaryDirectory(), 'catalog.sqlite')))
  const ask = sql<{ synchronous: number }>`pragma synchronous`
  const level = { durable: 0, usual: 0, afterFailure: 0 }
  await database.durably(async (db) => {
    level.durable = (await ask.execute(db)).rows[0]?.synchronous ?? -1
  })
  await database.transaction(async (db) => {
    level.usual = (await ask.execute(db)).rows[0]?.synchronous ?? -1
  })
  await expect(database.durably(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await database.run(async (db) => {
    level.afterFailure = (await ask.execute(db)).rows[0]?.synchronous ?? -1
  })
  expect(level).toEqual({ durable: FULL, usual: NORMAL, afterFailure: NORMAL })
  await database.close()
})
