import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { createCatalog } from '#lib/catalog/catalog.ts'
import { sqliteFile } from '#lib/catalog/sqlite.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const run = promisify(execFile)
const script = path.join(import.meta.dirname, 'open-at-once.ts')

it('processes that open a fresh catalog at once all get it, and all their records are there', async () => {
  const file = path.join(await temporaryDirectory(), 'data', 'catalog.sqlite')
  const startsAt = Date.now() + 1500
  const processes = Array.from({ length: 4 }, () =>
    run(process.execPath, [script, file, String(startsAt), '10']),
  )
  await Promise.all(processes)
  const catalog = createCatalog(sqliteFile(file))
  onTestFinished(() => catalog.close())
  expect(await catalog.totals()).toMatchObject({ heldClips: 40 })
}, 20_000)
