import path from 'node:path'
import nextEnv from '@next/env'
import { pingPostgres } from '#lib/catalog/ping-postgres.ts'
import { createServices } from '#lib/composition.ts'
import { ConfigError, describeConfigError } from '#lib/config/config-error.ts'
import { type Config, readConfig } from '#lib/config/index.ts'
import type { Services } from '#lib/context.ts'
import { describeError } from '#lib/platform/errors.ts'
import { createBucket } from '#lib/temp-audio/bucket.ts'

const LIMIT_MS = 10_000
/** A CID that everybody may hold: that of no bytes. */
const EMPTY = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'

interface Check {
  what: string
  /** What it says where all is well. @throws what is wrong */
  run(signal: AbortSignal): Promise<string>
}

/**
 * Reads the configuration, asks all that it names whether the credentials work, and prints a table. Speaks nothing, stores
 * nothing and costs nothing. Ends with 1 where something does not work, and with 2 where the configuration is wrong.
 */
async function main() {
  nextEnv.loadEnvConfig(path.resolve(import.meta.dirname, '..'), false, {
    info: () => {},
    error: console.error,
  })
  const config = readConfig({ ...process.env, LOG_LEVEL: 'silent' })
  const services = createServices(config)
  const checks = [...speechChecks(config), ...providerChecks(services), ...storageChecks(services)]
  const results = await Promise.all(checks.map((check) => resultOf(check, services.scrub)))
  console.log(tableOf(results.map(({ what, isWell, detail }) => [isWell ? 'ok' : 'FAILED', what, detail])))
  for (const warning of services.warnings) console.log(`note: ${warning}`)
  process.exit(results.every(({ isWell }) => isWell) ? 0 : 1)
}

/** Each vendor is asked for its voices, alone: in a chain the first one answers for all. */
function speechChecks(config: Config): Check[] {
  return config.speech.providers.map((name) => ({
    what: `voice ${name}`,
    async run(signal) {
      const { speech } = createServices({ ...config, speech: { ...config.speech, providers: [name] } })
      const voices = await speech.voices({ signal })
      return `${voices.length} voices`
    },
  }))
}

/** Each provider is asked whether it holds a file, which it answers only with credentials that work. */
function providerChecks({ providers }: Services): Check[] {
  return providers.map((provider) => ({
    what: `IPFS ${provider.name}`,
    async run(signal) {
      if (provider.isLocal) return 'this machine'
      const answer = await provider.holds(EMPTY, { signal })
      return answer === undefined
        ? 'not asked: its API tells nothing without an upload'
        : 'the credentials work'
    },
  }))
}

function storageChecks({ config, redis, clock }: Services): Check[] {
  const checks: Check[] = []
  const { databaseUrl, s3 } = config
  if (databaseUrl) checks.push({ what: 'database', run: () => pingPostgres(databaseUrl) })
  if (redis) {
    checks.push({
      what: 'Redis',
      async run() {
        await (await redis.shared()).ping()
        return 'answers'
      },
    })
  }
  if (s3) {
    checks.push({
      what: 'bucket',
      async run() {
        // Not by the bucket of the service, which would become that of this catalog.
        for await (const _ of createBucket({ ...s3, clock }).list()) break
        return 'can be listed'
      },
    })
  }
  return checks
}

async function resultOf({ what, run }: Check, scrub: Services['scrub']) {
  const signal = AbortSignal.timeout(LIMIT_MS)
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`no answer within ${LIMIT_MS / 1000} s`)))
  })
  try {
    return { what, isWell: true, detail: await Promise.race([run(signal), late]) }
  } catch (error) {
    return { what, isWell: false, detail: scrub(describeError(error)).replace(/\s+/g, ' ') }
  }
}

function tableOf(rows: string[][]): string {
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')).join('\n')
}

main().catch((error: unknown) => {
  console.error(ConfigError.isInstance(error) ? describeConfigError(error) : describeError(error))
  process.exit(2)
})
