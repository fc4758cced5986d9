import path from 'node:path'
import { onTestFinished } from 'vitest'
import { createCatalog } from '#lib/catalog/catalog.ts'
import { sqliteFile } from '#lib/catalog/sqlite.ts'
import { putEmptyCatalog } from '../../support/empty-catalog.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { describeCatalog } from './catalog-conformance.ts'

describeCatalog({
  title: 'SQLite',
  async prepare(options = {}) {
    const directory = await temporaryDirectory()
    await putEmptyCatalog(directory)
    const file = path.join(directory, 'catalog.sqlite')
    return () => {
      const catalog = createCatalog(sqliteFile(file), { ...options, recordsWebhooks: true })
      onTestFinished(() => catalog.close())
      return catalog
    }
  },
})
