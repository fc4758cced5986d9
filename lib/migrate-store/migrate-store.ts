import path from 'node:path'
import { createDatabase, type Database } from '#lib/catalog/connection.ts'
import { postgresServer } from '#lib/catalog/postgres.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { type Bucket, createBucket } from '#lib/temp-audio/bucket.ts'
import { createFilesystemStore } from '#lib/temp-audio/filesystem.ts'
import { type AudioProof, copyAudio, countForeignObjects } from './audio.ts'
import { compareRecords, type TableProof } from './compare-records.ts'
import { MigrationRefusedError } from './migration-refused-error.ts'
import type { MigrationTarget } from './migration-target.ts'
import { openSource } from './open-source.ts'
import { copyRecords, isEmpty } from './records.ts'
import { warningsOf } from './warnings.ts'

/** What was copied, and that it is the same. */
export interface MigrationResult {
  /** Nothing is wrong. */
  isProven: boolean
  /** Without a database in the target the catalog stays where it is. */
  tables: TableProof[] | undefined
  /** Without a bucket in the target the audio stays where it is. */
  audio: AudioProof | undefined
  /** What is wrong, one line each. */
  problems: string[]
  /** What an operator has to know, one line each. */
  warnings: string[]
}

/**
 * Copies the catalog and the local audio of the single machine in `directory` (its `TEMP_AUDIO_DIR`) to the database and
 * the bucket of `target`, or to the one of them that it has. First the audio, each clip read back and compared by its CID;
 * then all records in one transaction. So it may be killed at any moment and run again; and once all is there it only
 * proves it. The source stays as it is, save that its tables are brought up to date.
 *
 * @throws MigrationRefusedError when the source is in use or missing, or the target holds something else
 * @throws when a disk, the database or the bucket fails: what was copied is found again by the next run
 */
export async function migrateStore(options: {
  directory: string
  target: MigrationTarget
  onProgress?: (audio: AudioProof) => void
}): Promise<MigrationResult> {
  const { directory, target, onProgress = () => {} } = options
  const source = await openSource(directory)
  const database = target.databaseUrl
    ? createDatabase(postgresServer(withLongStatements(target.databaseUrl)))
    : undefined
  const bucket = target.s3 && createBucket({ ...target.s3, clock: systemClock })
  const files = createFilesystemStore({ directory: path.join(directory, 'audio') })
  try {
    const isCopied = database ? await isCopiedAlready(source, database) : false
    const foreignObjects = bucket ? await countForeignObjects(bucket, source, files) : 0
    if (foreignObjects > 0) {
      throw new MigrationRefusedError(
        `The bucket holds ${foreignObjects} clips that are not of this source: take one that nobody else uses`,
      )
    }
    const audio = bucket && (await copyAudio({ source, files, bucket, onProgress }))
    if (database && !isCopied) await copyRecords(source, database)
    const tables = database && (await compareRecords(source, database))
    const problems = [...(audio?.problems ?? []), ...problemsOf(tables)]
    const warnings = await warningsOf({ directory, target, source, audio })
    return { isProven: problems.length === 0, tables, audio, problems, warnings }
  } finally {
    await close(source, database, bucket)
  }
}

/** @throws MigrationRefusedError when the target has other records */
async function isCopiedAlready(source: Database, target: Database): Promise<boolean> {
  if (await isEmpty(target)) return false
  const differing = (await compareRecords(source, target)).filter((table) => table.differing > 0)
  if (differing.length === 0) return true
  const which = differing.map(({ name, differing: rows }) => `${rows} of ${name}`).join(', ')
  throw new MigrationRefusedError(
    `The target has records that are not a copy of this source, or that have gone on since (${which}): take an empty database`,
  )
}

function problemsOf(tables: TableProof[] = []): string[] {
  return tables
    .filter(({ differing }) => differing > 0)
    .map(({ name, differing }) => `${name}: ${differing} rows differ`)
}

async function close(source: Database, database: Database | undefined, bucket: Bucket | undefined) {
  await source.close()
  await database?.close()
  await bucket?.close()
}

/** No caller waits here: counting and comparing all records may take longer than a service allows itself. */
function withLongStatements(databaseUrl: string): string {
  if (/[?&]statement_timeout=/.test(databaseUrl)) return databaseUrl
  return `${databaseUrl}${databaseUrl.includes('?') ? '&' : '?'}statement_timeout=60000`
}
