import nextEnv from '@next/env'
import { audit } from '#lib/clips/audit.ts'
import { createServices } from '#lib/composition.ts'
import { ConfigError, describeConfigError } from '#lib/config/config-error.ts'
import { readConfig } from '#lib/config/index.ts'
import { describeError } from '#lib/platform/errors.ts'

/** How a clip that is lost and could not be repaired shows to whoever started this. */
const LOST = 1

/** Reads every stored clip back, repairs what is gone, and prints what each provider delivered. */
async function main() {
  nextEnv.loadEnvConfig(process.cwd(), false, { info() {}, error: console.error })
  const services = createServices(
    readConfig({ ...process.env, LOG_LEVEL: process.env.LOG_LEVEL || 'silent' }),
  )
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  try {
    const before = services.clock.now()
    const results = await audit(services, { limit: Number.MAX_SAFE_INTEGER, before, signal: stop.signal })
    console.log(tableOf(results))
    process.exitCode = results.some(({ lost, repaired }) => lost > repaired) ? LOST : 0
  } finally {
    await services.speech.close()
    await services.catalog.close()
  }
}

const columns = ['provider', 'checked', 'delivered', 'unknown', 'lost', 'repaired']

function tableOf(results) {
  if (results.length === 0) return 'Nothing is stored yet.'
  const rows = [columns, ...results.map((result) => columns.map((column) => String(result[column])))]
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index].length)))
  const line = (row) =>
    row
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[index]) : cell.padStart(widths[index])))
      .join('  ')
  return rows.map(line).join('\n')
}

main().catch((error) => {
  console.error(ConfigError.isInstance(error) ? describeConfigError(error) : describeError(error))
  process.exitCode = 2
})
