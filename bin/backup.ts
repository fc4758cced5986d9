import path from 'node:path'
import { parseArgs } from 'node:util'
import nextEnv from '@next/env'
import { backUp } from '#lib/backup/backup.ts'
import { BackupRefusedError } from '#lib/backup/backup-error.ts'
import { readConfig } from '#lib/config/index.ts'
import { describeError } from '#lib/platform/errors.ts'
import { MEBIBYTE } from '#lib/platform/units.ts'

const USAGE = `npm run backup -- --to <folder>

Copies the records (the catalog), the audio that no provider holds yet and the clips of the provider "embedded" to a
folder, while the service runs. Start it with the service's own environment and .env files. Into a folder that has a
backup already only what is new is copied. It may be killed and run again at any time. It exits with 0 only when the
backup is whole. docs/backup.md says more, also about Postgres and buckets.
`

/** Nothing was begun. */
const REFUSED = 2
let hasBegun = false

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { to: { type: 'string' }, help: { type: 'boolean', short: 'h' } } })
  if (values.help) {
    process.stdout.write(USAGE)
    return 0
  }
  if (!values.to) throw new Error(`${USAGE}\n--to has to name a folder.`)
  nextEnv.loadEnvConfig(path.resolve(import.meta.dirname, '..'), false, {
    info: () => {},
    error: console.error,
  })
  const { databaseUrl, s3, ipfs, tempAudio } = readConfig(process.env)
  if (databaseUrl) {
    throw new Error('The records are in DATABASE_URL: back that up by pg_dump, as docs/backup.md shows.')
  }
  hasBegun = true
  const result = await backUp({
    from: { tempAudioDir: tempAudio.directory, repositoryDir: ipfs.repositoryDir },
    to: values.to,
    isAudioElsewhere: s3 !== undefined,
  })
  const { clips, copied, copiedBytes, unchanged, missing } = result
  for (const what of missing) console.error(`Missing here as well: ${what}`)
  const size = `${(copiedBytes / MEBIBYTE).toFixed(1)} MiB`
  console.log(`Clips in ${values.to}: ${clips}. Files copied: ${copied} (${size}), unchanged: ${unchanged}`)
  if (s3) console.log('Audio that no provider holds yet is in S3_BUCKET, and not in this backup.')
  return missing.length === 0 ? 0 : 1
}

process.exitCode = await main().catch((error: unknown) => {
  const isRefusal = !hasBegun || BackupRefusedError.isInstance(error)
  console.error(
    `${isRefusal ? '' : 'The backup broke off, and goes on when it is run again: '}${describeError(error)}`,
  )
  return isRefusal ? REFUSED : 1
})
