import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { createBlockStore } from '#lib/ipfs/blocks/block-store.ts'
import { computeCid } from '#lib/ipfs/blocks/car.ts'
import { chunksOf } from '#lib/platform/blob-chunks.ts'
import { describeError } from '#lib/platform/errors.ts'
import { createFilesystemStore } from '#lib/temp-audio/filesystem.ts'

/** Another process may hold a lock for a moment: a checkpoint, or the making of tables. */
const BUSY_TIMEOUT_MS = 10_000

/**
 * Writes the catalog in `file` to the new file `target` as it is at one moment, whoever goes on writing: what stands in the
 * write-ahead log is in it, too.
 *
 * @see https://sqlite.org/lang_vacuum.html#vacuuminto
 */
export async function snapshotCatalog(file: string, target: string): Promise<void> {
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS })
  try {
    database.prepare('VACUUM INTO ?').run(target)
  } finally {
    database.close()
  }
  const handle = await open(target)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** What a catalog says of its clips and of the bytes that are kept with it. */
export interface Records {
  clips: number
  /** Clips that no provider holds yet, by id, with their CIDs: their bytes are only here. */
  waiting: { id: string; cid: string }[]
  /** The CIDs of the clips that the provider `embedded` holds. */
  embedded: string[]
}

/** @throws when `file` is no catalog, or a damaged one */
export function readRecords(file: string): Records {
  if (!existsSync(file)) throw new Error(`There is no catalog ${file}`)
  const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS })
  try {
    const verdict = database.prepare('PRAGMA integrity_check').get()?.integrity_check
    if (verdict !== 'ok') throw new Error(`The catalog ${file} is damaged: ${verdict}`)
    const rows = <T>(query: string) => database.prepare(query).all() as T[]
    const [total] = rows<{ clips: number }>('SELECT count(*) AS clips FROM clips')
    return {
      clips: total?.clips ?? 0,
      waiting: rows("SELECT id, cid FROM clips WHERE state IN ('staged', 'pending') AND is_held = 1"),
      embedded: rows<{ cid: string }>(
        "SELECT DISTINCT cid FROM pins WHERE provider = 'embedded' AND lost_at IS NULL",
      ).map(({ cid }) => cid),
    }
  } finally {
    database.close()
  }
}

/** Which bytes that `records` need are not in `places`, or are others: one line each. Reads them all with `isThorough`. */
export async function findMissing(
  { waiting, embedded }: Records,
  places: { audio: string | undefined; clips: string },
  { isThorough }: { isThorough: boolean },
): Promise<string[]> {
  const missing: string[] = []
  const { audio } = places
  const files = audio === undefined ? undefined : createFilesystemStore({ directory: audio })
  for (const { id, cid } of files ? waiting : []) {
    const file = await files?.blob(id)
    if (!file) missing.push(`the audio of the clip ${id}, which no provider holds yet`)
    else if (isThorough && (await computeCid(chunksOf(file))).cid !== cid) {
      missing.push(`the right audio of the clip ${id}: its file has changed`)
    }
  }
  const store = createBlockStore({ directory: places.clips })
  for (const cid of embedded) {
    if ((await store.rootOf(cid)) === null) missing.push(`the content ${cid}`)
    else if (isThorough) {
      await store.open(cid).catch((error: unknown) => {
        missing.push(`the right content ${cid}: ${describeError(error)}`)
      })
    }
  }
  return missing
}
