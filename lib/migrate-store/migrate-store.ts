import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { CatalogError, createDatabase, type Database } from '#lib/catalog/connection.ts'
import { postgresServer } from '#lib/catalog/postgres.ts'
import { sqliteFile } from '#lib/catalog/sqlite.ts'
import type { Config } from '#lib/config/index.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { markedError } from '#lib/platform/errors.ts'
import { secretOfKeyFile } from '#lib/platform/keyed-hash.ts'
import { type Bucket, createBucket } from '#lib/temp-audio/bucket.ts'
import { createFilesystemStore } from '#lib/temp-audio/filesystem.ts'
import { type AudioProof, copyAudio, countForeignObjects } from './audio.ts'
import { compareRecords, copyRecords, isEmpty, type TableProof } from './records.ts'

/** Where the key of the request hashes is written down for the new profile, beside the old one. */
const SECRET_FILE = 'reuse-secret.env'

/** What was copied, and that it is the same. */
export interface MigrationResult {
  /** Nothing is wrong. */
  isProven: boolean
  /** Without a database in the target the catalog stays where it is. */
  tables: TableProof[] | undefined
  /** Without a bucket in the target the audio stays where it is. */
  audio: AudioProof | undefined
  problems: string[]
  /** What an operator has to know, one line each. */
  warnings: string[]
}

/** The copy was not begun, and nothing was changed. */
export class MigrationRefusedError extends markedError('MigrationRefusedError') {}

/**
 * Copies the catalog and the held audio of the single machine in `directory` (its `TEMP_AUDIO_DIR`) to the database and the
 * bucket of `target`, or to the one of them that it has. First the audio, each clip read back and compared by its CID; then
 * all records in one transaction. So it may be killed at any moment and run again; and once all is there it only proves it.
 * The source stays as it is, save that its tables are brought up to date.
 *
 * @throws MigrationRefusedError when the source is in use or missing, or the target holds something else
 * @throws when a disk, the database or the bucket fails: what was copied is found again by the next run
 */
export async function migrateStore(options: {
  directory: string
  target: Pick<Config, 'databaseUrl' | 's3' | 'reuse'>
  onProgress?: (audio: AudioProof) => void
}): Promise<MigrationResult> {
  const { directory, target, onProgress = () => {} } = options
  const source = await openSource(directory)
  const database = target.databaseUrl
    ? createDatabase(postgresServer(patient(target.databaseUrl)))
    : undefined
  const bucket = target.s3 && createBucket({ ...target.s3, clock: systemClock })
  const files = createFilesystemStore({ directory: path.join(directory, 'audio') })
  try {
    const isCopied = database ? await isCopiedAlready(source, database) : false
    const strangers = bucket ? await countForeignObjects(bucket, source, files) : 0
    if (strangers > 0) {
      throw new MigrationRefusedError(
        `The bucket holds ${strangers} clips that are not of this source: take one that nobody else uses`,
      )
    }
    const audio = bucket && (await copyAudio({ source, files, bucket, onProgress }))
    if (database && !isCopied) await copyRecords(source, database)
    const tables = database && (await compareRecords(source, database))
    const problems = [
      ...(audio?.problems ?? []),
      ...(tables ?? [])
        .filter(({ differing }) => differing > 0)
        .map(({ name, differing }) => `${name}: ${differing} rows differ`),
    ]
    const warnings = await warningsOf({ directory, target, source, audio })
    return { isProven: problems.length === 0, tables, audio, problems, warnings }
  } finally {
    await close(source, database, bucket)
  }
}

/** Opens the catalog for nobody else. */
async function openSource(directory: string): Promise<Database> {
  const file = path.join(directory, 'catalog.sqlite')
  if (!existsSync(file)) {
    throw new MigrationRefusedError(
      `There is no catalog in ${directory}: name the TEMP_AUDIO_DIR of the service by --from`,
    )
  }
  const connector = sqliteFile(file, { exclusive: true })
  const source = createDatabase(connector)
  try {
    await source.read((db) => db.selectFrom('clips').select('id').limit(1).execute())
    return source
  } catch (error) {
    await source.close()
    const isInUse = CatalogError.isInstance(error) && connector.isBusy(error.cause, true)
    if (!isInUse) throw error
    const message = `The catalog in ${directory} is in use: stop the service and its workers first`
    throw new MigrationRefusedError(message, { cause: error })
  }
}

async function isCopiedAlready(source: Database, target: Database): Promise<boolean> {
  if (await isEmpty(target)) return false
  const differing = (await compareRecords(source, target)).filter((table) => table.differing > 0)
  if (differing.length === 0) return true
  const which = differing.map(({ name, differing: rows }) => `${rows} of ${name}`).join(', ')
  throw new MigrationRefusedError(
    `The target has records that are not a copy of this source, or that have gone on since (${which}): take an empty database`,
  )
}

async function warningsOf({
  directory,
  target,
  source,
  audio,
}: {
  directory: string
  target: Pick<Config, 'databaseUrl' | 's3' | 'reuse'>
  source: Database
  audio: AudioProof | undefined
}): Promise<string[]> {
  const notes: string[] = []
  if (audio?.goneAlready) {
    notes.push(`${audio.goneAlready} stored clips had left the source before; IPFS has them`)
  }
  if (!target.s3)
    notes.push(`The audio stays in ${path.join(directory, 'audio')}, which all instances must share`)
  if (!target.databaseUrl) {
    notes.push(`The catalog stays in ${directory}: go on with this TEMP_AUDIO_DIR`)
    return notes
  }
  const embedded = await countOnlyEmbedded(source)
  if (embedded > 0) {
    notes.push(
      `${embedded} clips are held by the provider "embedded" alone: they are in IPFS_REPOSITORY_DIR of this machine and were not copied`,
    )
  }
  return [...notes, ...(await keepKey(directory, target.reuse.secret, source))]
}

async function countOnlyEmbedded(source: Database): Promise<number> {
  const { clips } = await source.read((db) =>
    db
      .selectFrom('pins')
      .select((eb) => eb.fn.countAll().as('clips'))
      .where('provider', '=', 'embedded')
      .where('lostAt', 'is', null)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('pins as others')
              .select('others.clipId')
              .whereRef('others.clipId', '=', 'pins.clipId')
              .where('others.provider', '<>', 'embedded')
              .where('others.lostAt', 'is', null),
          ),
        ),
      )
      .executeTakeFirstOrThrow(),
  )
  return Number(clips)
}

/** Texts that were spoken before are recognised only by the same key, which is worth as much as the file that it comes from. */
async function keepKey(directory: string, target: string | undefined, source: Database): Promise<string[]> {
  const secret = await secretOfKeyFile(path.join(directory, 'request-key'))
  if (secret === target) return []
  if (secret) {
    const file = path.join(directory, SECRET_FILE)
    await writeFile(file, `REUSE_SECRET=${secret}\n`, { mode: 0o600 })
    return [`To go on reusing what was spoken before, give all instances the REUSE_SECRET in ${file}`]
  }
  const known = await source.read((db) => db.selectFrom('requests').select('hash').limit(1).execute())
  if (known.length === 0) return []
  return ['To go on reusing what was spoken before, give all instances the REUSE_SECRET of this service']
}

async function close(source: Database, database: Database | undefined, bucket: Bucket | undefined) {
  await source.close()
  await database?.close()
  await bucket?.close()
}

/** No caller waits here: counting and comparing all records may take longer than a service allows itself. */
function patient(databaseUrl: string): string {
  const url = new URL(databaseUrl)
  if (!url.searchParams.has('statement_timeout')) url.searchParams.set('statement_timeout', '60000')
  return url.href
}
