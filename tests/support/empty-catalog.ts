import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createCatalog } from '#lib/catalog/catalog.ts'
import { sqliteFile } from '#lib/catalog/sqlite.ts'

let made: Promise<Uint8Array> | undefined

/** Puts a catalog without records into `directory`, made once a process: its migrations take longer than most tests. */
export async function putEmptyCatalog(directory: string): Promise<void> {
  made ??= make()
  await writeFile(path.join(directory, 'catalog.sqlite'), await made)
}

async function make(): Promise<Uint8Array> {
  const directory = await mkdtemp(path.join(tmpdir(), 'voicepin-empty-'))
  const file = path.join(directory, 'catalog.sqlite')
  const catalog = createCatalog(sqliteFile(file))
  await catalog.totals()
  await catalog.close()
  const bytes = await readFile(file)
  await rm(directory, { recursive: true })
  return bytes
}
