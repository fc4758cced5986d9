import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Database } from '#lib/catalog/connection.ts'
import { secretOfKeyFile } from '#lib/platform/keyed-hash.ts'
import type { AudioProof } from './audio.ts'
import type { MigrationTarget } from './migration-target.ts'

/** Where the key of the request hashes is written down for the new profile, beside the old one. */
const SECRET_FILE = 'reuse-secret.env'

/** What an operator has to know before the new profile is started, one line each. */
export async function warningsOf(options: {
  directory: string
  target: MigrationTarget
  source: Database
  audio: AudioProof | undefined
}): Promise<string[]> {
  const { directory, target, source, audio } = options
  const warnings: string[] = []
  if (audio?.alreadyGone) {
    warnings.push(`${audio.alreadyGone} stored clips had left the source before; IPFS has them`)
  }
  if (!target.s3) {
    warnings.push(`The audio stays in ${path.join(directory, 'audio')}, which all instances must share`)
  }
  if (!target.databaseUrl) {
    warnings.push(`The catalog stays in ${directory}: go on with this TEMP_AUDIO_DIR`)
    return warnings
  }
  const embedded = await countOnlyEmbedded(source)
  if (embedded > 0) {
    warnings.push(
      `${embedded} clips are held by the provider "embedded" alone: they are in IPFS_REPOSITORY_DIR of this machine and were not copied`,
    )
  }
  return [...warnings, ...(await handOnKey(directory, target.reuse.secret, source))]
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

/**
 * Texts that were spoken before are recognised only by the same key. Where it is a file of the source, it is written down
 * as a secret beside that file, readable by its owner only: it is worth as much as the file.
 */
async function handOnKey(directory: string, target: string | undefined, source: Database): Promise<string[]> {
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
