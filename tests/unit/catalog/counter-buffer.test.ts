import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createDatabase, type Database } from '#lib/catalog/connection.ts'
import { createCounterBuffer } from '#lib/catalog/counter-buffer.ts'
import { createCounters } from '#lib/catalog/counters.ts'
import { sqliteFile } from '#lib/catalog/sqlite.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

it('what is counted while the catalog fails is written by the next write', async () => {
  const database = createDatabase(sqliteFile(path.join(await temporaryDirectory(), 'catalog.sqlite')))
  onTestFinished(() => database.close())
  let isAway = true
  const run: Database['run'] = async (work) => {
    if (isAway) throw new Error('away')
    return database.run(work)
  }
  const buffer = createCounterBuffer({ run })
  buffer.add({ name: 'characters_saved', value: 20 })
  await expect(buffer.flush()).rejects.toThrow('away')
  buffer.add({ name: 'characters_saved', value: 5 })
  await expect(buffer.flush()).rejects.toThrow('away')
  isAway = false
  await buffer.flush()
  await buffer.flush()
  expect(await createCounters(database).read()).toEqual({ characters_saved: { '': 25 } })
})
