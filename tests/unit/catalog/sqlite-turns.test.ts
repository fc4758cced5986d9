import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createCatalog } from '#lib/catalog/catalog.ts'
import { sqliteFile } from '#lib/catalog/sqlite.ts'
import { putEmptyCatalog } from '../../support/empty-catalog.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { DAY_MS, HOUR_MS, NOW } from './catalog-subject.ts'

it('SQLite lets others have their turn while the sums of a month are read', async () => {
  const directory = await temporaryDirectory()
  await putEmptyCatalog(directory)
  const catalog = createCatalog(sqliteFile(path.join(directory, 'catalog.sqlite')))
  onTestFinished(() => catalog.close())
  await catalog.check()
  let turns = 0
  let next = setImmediate(count)
  function count() {
    turns += 1
    next = setImmediate(count)
  }
  await catalog.stats.states({ from: NOW - 30 * DAY_MS, to: NOW, stepMs: 15 * HOUR_MS })
  clearImmediate(next)
  expect(turns).toBeGreaterThan(5)
})
