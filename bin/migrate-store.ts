import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs, parseEnv } from 'node:util'
import nextEnv from '@next/env'
import { ConfigError } from '#lib/config/config-error.ts'
import { readConfig } from '#lib/config/index.ts'
import type { Environment } from '#lib/config/reader.ts'
import { migrateStore } from '#lib/migrate-store/migrate-store.ts'
import { MigrationRefusedError } from '#lib/migrate-store/migration-refused-error.ts'
import { proofText } from '#lib/migrate-store/proof-text.ts'
import { describeError } from '#lib/platform/errors.ts'
import { createScrubber, type Scrub } from '#lib/platform/redact.ts'

const USAGE = `npm run migrate-store -- --to <where> [--from <directory>]

Copies the catalog (SQLite) and the audio of a single machine to Postgres and to an S3-compatible store.

  --to .env.shared     a file with the variables of the new profile: DATABASE_URL and REUSE_SECRET, S3_BUCKET and
                       the other S3_ variables. What it leaves out stays where it is.
  --to postgres://…    the database; the S3_ variables come from the environment. Others on this machine can read
                       the password of a command line: rather name a file.
  --from <directory>   the TEMP_AUDIO_DIR of the single machine. By default as the service finds it, from the
                       environment and the .env files.

Stop the service and its workers first: the copy refuses to begin while they have the catalog open. Nothing is deleted
in the source. It may be killed and run again at any time. It exits with 0 only when every record and every clip is
proven to be in the new place; see "Moving in" in docs/scale.md.
`

/** The command line or the new profile is not as it should be, and nothing was begun. */
const REFUSED = 2

const print = (text: string) => process.stderr.write(text)
let scrub: Scrub = (text) => text
let hasBegun = false

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      to: { type: 'string' },
      from: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    process.stdout.write(USAGE)
    return 0
  }
  nextEnv.loadEnvConfig(path.resolve(import.meta.dirname, '..'), false, {
    info: () => {},
    error: console.error,
  })
  const target = values.to ? readConfig(environmentOf(values.to, process.env)) : undefined
  if (!target || !(target.databaseUrl || target.s3)) {
    print(`${USAGE}\n--to has to lead to a DATABASE_URL, an S3_BUCKET or both.\n`)
    return REFUSED
  }
  scrub = createScrubber(target.secrets)
  const { TEMP_AUDIO_DIR } = process.env
  const directory = values.from ?? readConfig(TEMP_AUDIO_DIR ? { TEMP_AUDIO_DIR } : {}).tempAudio.directory
  hasBegun = true
  const result = await migrateStore({ directory, target, onProgress: showProgress() })
  process.stdout.write(scrub(proofText(result)))
  return result.isProven ? 0 : 1
}

/** The variables of the target: those of a file alone, or a URL and what the environment says of the bucket. */
function environmentOf(to: string, environment: Environment): Environment {
  if (!/^postgres(ql)?:/.test(to)) return parseEnv(readTarget(to)) as Environment
  const others = Object.entries(environment).filter(([name]) => /^(S3_|REUSE_SECRET(_FILE)?$)/.test(name))
  return { ...Object.fromEntries(others), DATABASE_URL: to }
}

function readTarget(file: string): string {
  if (!existsSync(file)) throw new Error(`--to: there is no file ${file} here`)
  return readFileSync(file, 'utf8')
}

function showProgress() {
  let shownAt = Date.now()
  return ({ clips, verified }: { clips: number; verified: number }) => {
    if (Date.now() - shownAt < 2000) return
    shownAt = Date.now()
    print(`${clips} clips looked at, ${verified} copied and read back…\n`)
  }
}

process.exitCode = await main().catch((error: unknown) => {
  const isRefusal = !hasBegun || MigrationRefusedError.isInstance(error) || ConfigError.isInstance(error)
  const consequence = isRefusal ? '' : 'The copy broke off, and goes on when it is run again: '
  print(scrub(`${consequence}${describeError(error)}\n`))
  return isRefusal ? REFUSED : 1
})
