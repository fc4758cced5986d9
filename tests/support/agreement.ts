import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { computeCid } from '#lib/ipfs/blocks/car.ts'
import type { Clip } from '#lib/model/clip.ts'

interface Row {
  id: string
  state: Clip['state']
  cid: string | null
  size_bytes: number
  is_held: number
}

/**
 * Where the catalog in `directory` disagrees with the files beside it: one line each. Writes that broke off are left
 * out: they go after an hour.
 */
export async function disagreements(directory: string): Promise<string[]> {
  const rows = recordsIn(directory)
  const audio = path.join(directory, 'audio')
  const all = await readdir(audio).catch(() => [])
  const names = all.filter((name) => !name.endsWith('.partial'))
  const found: string[] = []
  for (const name of names) {
    const row = rows.find(({ id }) => id === name)
    if (!row) found.push(`file ${name} has no record`)
    else if (row.is_held !== 1) found.push(`file ${name} is not held by its record, which is ${row.state}`)
    else if (row.state !== 'speaking') found.push(...(await compare(row, path.join(audio, name))))
  }
  for (const { id, state, is_held: hasLocalBytes } of rows) {
    if (hasLocalBytes === 1 && state !== 'speaking' && !names.includes(id))
      found.push(`record ${id} (${state}) has no file`)
  }
  return found
}

/** All records, read past the service. */
export function recordsIn(directory: string): Row[] {
  const database = new DatabaseSync(path.join(directory, 'catalog.sqlite'), {
    readOnly: true,
    timeout: 10_000,
  })
  try {
    return database.prepare('select * from clips').all() as unknown as Row[]
  } finally {
    database.close()
  }
}

async function compare(row: Row, file: string): Promise<string[]> {
  const bytes = await readFile(file)
  const { cid } = await computeCid(new Blob([bytes]).stream())
  const found: string[] = []
  if (cid !== row.cid) found.push(`file ${row.id} is ${cid}, and its record says ${row.cid}`)
  if (bytes.length !== row.size_bytes) found.push(`file ${row.id} has another size than its record says`)
  return found
}
