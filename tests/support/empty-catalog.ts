import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createCatalog } from '#lib/catalog/catalog.ts'
import { sqliteFile } from '#lib/catalog/sqlite.ts'
import { temporaryDirectory } from './temporary-directory.ts'

let made: Promise<Uint8Array> | undefined

/** Puts a catalog without records into `directory`, made once a process: its migrations take longer than most tests. */
export async function putEmptyCatalog(directory: string): Promise<void> {
  made ??= make()
  await writeFile(path.join(directory, 'catalog.sqlite'), await made)
}

async function make(): Promise<Uint8Array> {
  const file = path.join(await temporaryDirectory(), 'catalog.sqlite')
  const catalog = createCatalog(sqliteFile(file))
  await catalog.totals()
  await catalog.close()
  return readFile(file)
}
