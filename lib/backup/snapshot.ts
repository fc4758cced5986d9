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

export interface Check {
  /** How many clips the catalog knows. */
  clips: number
  /** Those of them whose bytes are only here, and were looked for. */
  checked: number
  /** Which of those bytes are not there, or are others: one line each. */
  missing: string[]
}

/**
 * Looks for the bytes that the catalog in `file` needs: those of clips that no provider holds yet in the folder `audio`,
 * where that is given, and those that the provider `embedded` holds in the block store `clips`. With `isThorough` every
 * byte is compared with its CID.
 *
 * @throws when `file` is no catalog, or a damaged one
 */
export async function checkBytes(
  file: string,
  places: { audio: string | undefined; clips: string },
  { isThorough }: { isThorough: boolean },
): Promise<Check> {
  const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS })
  try {
    const verdict = database.prepare('PRAGMA integrity_check').get()?.integrity_check
    if (verdict !== 'ok') throw new Error(`The catalog ${file} is damaged: ${verdict}`)
    const clips = Number(database.prepare('SELECT count(*) AS clips FROM clips').get()?.clips)
    const check: Check = { clips, checked: 0, missing: [] }
    if (places.audio !== undefined) await checkAudio(database, places.audio, isThorough, check)
    await checkClips(database, places.clips, isThorough, check)
    return check
  } finally {
    database.close()
  }
}

async function checkAudio(database: DatabaseSync, directory: string, isThorough: boolean, check: Check) {
  const files = createFilesystemStore({ directory })
  const waiting = database.prepare(
    "SELECT id, cid FROM clips WHERE state IN ('staged', 'pending') AND is_held = 1",
  )
  for (const { id, cid } of waiting.iterate() as Iterable<{ id: string; cid: string }>) {
    check.checked += 1
    const file = await files.blob(id)
    if (!file) check.missing.push(`the audio of the clip ${id}, which no provider holds yet`)
    else if (isThorough && (await computeCid(chunksOf(file))).cid !== cid) {
      check.missing.push(`the right audio of the clip ${id}: its file has changed`)
    }
  }
}

async function checkClips(database: DatabaseSync, directory: string, isThorough: boolean, check: Check) {
  const store = createBlockStore({ directory })
  const held = database.prepare(
    "SELECT DISTINCT cid FROM pins WHERE provider = 'embedded' AND lost_at IS NULL",
  )
  for (const { cid } of held.iterate() as Iterable<{ cid: string }>) {
    check.checked += 1
    if ((await store.rootOf(cid)) === null) check.missing.push(`the content ${cid}`)
    else if (isThorough) {
      await store.open(cid).catch((error: unknown) => {
        check.missing.push(`the right content ${cid}: ${describeError(error)}`)
      })
    }
  }
}
