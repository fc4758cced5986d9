import path from 'node:path'
import nextEnv from '@next/env'
import { audit, type ProviderAudit } from '#lib/clips/audit.ts'
import { createServices } from '#lib/composition.ts'
import { ConfigError, describeConfigError } from '#lib/config/config-error.ts'
import { readConfig } from '#lib/config/index.ts'
import { describeError } from '#lib/platform/errors.ts'
import { SAME_SIGNAL_MS } from '#lib/server/process.ts'

/** The exit code where a clip is lost and could not be repaired, or could not be confirmed. */
const UNCONFIRMED = 1
/** The exit code where the audit could not be done. */
const FAILED = 2

/** Reads every stored clip back, repairs what is gone, and prints what each provider delivered. */
async function main() {
  nextEnv.loadEnvConfig(path.resolve(import.meta.dirname, '..'), false, {
    info: () => {},
    error: console.error,
  })
  const services = createServices(
    readConfig({ ...process.env, LOG_LEVEL: process.env.LOG_LEVEL || 'silent' }),
  )
  const stop = new AbortController()
  let interruptedAt: number | undefined
  process.on('SIGINT', () => {
    interruptedAt ??= performance.now()
    stop.abort()
    if (performance.now() - interruptedAt > SAME_SIGNAL_MS) process.exit(FAILED)
  })
  try {
    const before = services.clock.now()
    const results = await audit(services, { limit: Number.MAX_SAFE_INTEGER, before, signal: stop.signal })
    console.log(tableOf(results))
    process.exitCode = results.some(({ lost, repaired, unknown }) => lost > repaired || unknown > 0)
      ? UNCONFIRMED
      : 0
  } finally {
    await services.speech.close()
    await services.catalog.close()
  }
}

const columns = ['provider', 'checked', 'delivered', 'unknown', 'lost', 'repaired'] as const

function tableOf(results: ProviderAudit[]): string {
  if (results.length === 0) return 'Nothing is stored yet.'
  const rows = [[...columns], ...results.map((result) => columns.map((column) => String(result[column])))]
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)))
  const line = (row: string[]) =>
    row
      .map((cell, index) => {
        const width = widths[index] ?? 0
        return index === 0 ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('  ')
  return rows.map(line).join('\n')
}

main().catch((error: unknown) => {
  console.error(ConfigError.isInstance(error) ? describeConfigError(error) : describeError(error))
  process.exitCode = FAILED
})
