import path from 'node:path'
import { parseArgs } from 'node:util'
import nextEnv from '@next/env'
import { BackupRefusedError } from '#lib/backup/backup-error.ts'
import { restore } from '#lib/backup/restore.ts'
import { readConfig } from '#lib/config/index.ts'
import { describeError } from '#lib/platform/errors.ts'

const USAGE = `npm run restore -- --from <folder>

Puts a backup of npm run backup into TEMP_AUDIO_DIR and IPFS_REPOSITORY_DIR, as the environment and the .env files name
them, and compares every byte with its clip's CID. Stop the service first; where there is a catalog already nothing is
changed. It may be killed and run again at any time. It exits with 0 only when all is there.
`

/** Nothing was begun. */
const REFUSED = 2
let hasBegun = false

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { from: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help) {
    process.stdout.write(USAGE)
    return 0
  }
  if (!values.from) throw new Error(`${USAGE}\n--from has to name a folder.`)
  nextEnv.loadEnvConfig(path.resolve(import.meta.dirname, '..'), false, {
    info: () => {},
    error: console.error,
  })
  const { databaseUrl, ipfs, tempAudio } = readConfig(process.env)
  if (databaseUrl) {
    throw new Error(
      'DATABASE_URL is set, so that the records of this backup would not be used: see docs/backup.md.',
    )
  }
  hasBegun = true
  const { takenAt, clips, checked, missing } = await restore({
    from: values.from,
    to: { tempAudioDir: tempAudio.directory, repositoryDir: ipfs.repositoryDir },
  })
  for (const what of missing) console.error(`Not in the backup: ${what}`)
  console.log(`Clips as of ${takenAt}: ${clips}. Kept here, and compared byte by byte: ${checked}`)
  return missing.length === 0 ? 0 : 1
}

process.exitCode = await main().catch((error: unknown) => {
  const isRefusal = !hasBegun || BackupRefusedError.isInstance(error)
  console.error(
    `${isRefusal ? '' : 'Restoring broke off, and goes on when it is run again: '}${describeError(error)}`,
  )
  return isRefusal ? REFUSED : 1
})
