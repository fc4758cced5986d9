import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { startRadosgw } from '../engines/radosgw.ts'
import { faults } from './failover/faults.ts'
import type { FailoverReport } from './failover/run.ts'
import { runFailover } from './failover/run.ts'
import type { Outcomes, Row } from './failover/verdict.ts'

const reports = path.resolve(import.meta.dirname, '../../reports')
const SHOWN = 20
const MAX_DELAY_MS = 1000
const columns = [
  'fault',
  'lasted',
  'calls',
  'failed',
  'listens',
  'failed',
  'calls succeed again after',
  'backlog empty after',
  'largest backlog',
]

const USAGE = `Usage: npm run test:failover -- [--rate R] [--faults ${Object.keys(faults)}] [--seed S] [--postgres-delay-ms 0-${MAX_DELAY_MS},…] [--radosgw]`

/**
 * `npm run test:failover -- [--rate R] [--faults web,worker,…] [--seed S] [--postgres-delay-ms 5,10,20] [--radosgw]`: one
 * table for each delay. Exit code 0 only when no accepted clip was lost, none was uploaded twice at once, and all recovered.
 */
async function main(): Promise<void> {
  const { delaysMs, store, ...options } = readArguments()
  const text: string[] = []
  const tell = (...lines: string[]) => {
    console.log(lines.join('\n'))
    text.push(...lines)
  }
  for (const postgresDelayMs of delaysMs) {
    const load = `${options.ratePerSecond} calls and as many listens a second, seed ${options.seed}`
    const place = `PgBouncer, ${store}, ${postgresDelayMs} ms more for each round trip to Postgres`
    tell(
      `${availableParallelism()} cores, ${load}; ${place}`,
      '',
      line(columns),
      line(columns.map(() => '---')),
    )
    const report = await runFailover({
      ...options,
      postgresDelayMs,
      logs: path.join(reports, 'failover-logs'),
      onRow: (row) => tell(line(cellsOf(row))),
    })
    tell('', summaryOf(report), '')
    if (!isGood(report)) process.exitCode = 1
  }
  await mkdir(reports, { recursive: true })
  await writeFile(path.join(reports, 'failover.md'), text.join('\n'))
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '5' },
      faults: { type: 'string', default: Object.keys(faults).join() },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      'postgres-delay-ms': { type: 'string', default: '0' },
      radosgw: { type: 'boolean', default: false },
    },
  })
  const names = values.faults.split(',')
  const chosen = names.map((name) => faults[name]).filter((fault) => fault !== undefined)
  const [ratePerSecond, seed] = [Number(values.rate), Number(values.seed)]
  const delaysMs = values['postgres-delay-ms'].split(',').map(Number)
  const areDelays = delaysMs.every((ms) => Number.isInteger(ms) && ms >= 0 && ms <= MAX_DELAY_MS)
  if (chosen.length < names.length || !(ratePerSecond > 0) || !Number.isInteger(seed) || !areDelays) {
    console.error(USAGE)
    process.exit(2)
  }
  const store = values.radosgw ? 'Ceph RGW' : 'the S3 stand-in'
  return {
    faults: chosen,
    ratePerSecond,
    seed,
    delaysMs,
    store,
    ...(values.radosgw && { startS3: startRadosgw }),
  }
}

const line = (cells: string[]) => `| ${cells.join(' | ')} |`
const seconds = (ms: number | undefined) =>
  ms === undefined ? 'not within 60 s' : `${(ms / 1000).toFixed(1)} s`

function cellsOf(row: Row): string[] {
  return [
    row.fault,
    seconds(row.lastedMs),
    ...[row.calls, row.listens].flatMap((outcomes) => [String(outcomes.count), failuresOf(outcomes)]),
    seconds(row.callersAfterMs),
    seconds(row.backlogAfterMs),
    String(row.largestBacklog),
  ]
}

function failuresOf({ count, errors }: Outcomes): string {
  const entries = Object.entries(errors)
  if (entries.length === 0) return 'none'
  const failed = entries.reduce((sum, [, times]) => sum + times, 0)
  const codes = entries.map(([code, times]) => `${times} ${code}`).join(', ')
  return `${((100 * failed) / count).toFixed(1)} % (${codes})`
}

function summaryOf(report: FailoverReport): string {
  const { answers, temporaryAnswers, uploads, losses, uploadsAtOnce, doubles, states } = report
  const found = Object.entries({ lost: losses, 'uploaded twice at once': uploadsAtOnce, doubles })
  return [
    `Before the first fault a call takes ${Math.round(report.calmCallMs)} ms: the median of 20, one after the other.`,
    `${answers} clips accepted (${temporaryAnswers} temporarily at first), ${uploads} uploads taken by providers;`,
    `in the end ${Object.entries(states)
      .map(([state, count]) => `${count} ${state}`)
      .join(', ')}.`,
    ...found.map(([what, lines]) => `${lines.length} ${what}.`),
    ...found.flatMap(([what, lines]) => lines.slice(0, SHOWN).map((text) => `${what}: ${text}`)),
  ].join('\n')
}

function isGood({ rows, losses, uploadsAtOnce, states }: FailoverReport): boolean {
  const hasRecovered = rows.every(
    (row) => row.callersAfterMs !== undefined && row.backlogAfterMs !== undefined,
  )
  // What a killed instance had only begun to speak was promised to nobody; clean-up removes it within the hour.
  const isStored = Object.keys(states).every((state) => state === 'stored' || state === 'speaking')
  return hasRecovered && isStored && losses.length === 0 && uploadsAtOnce.length === 0
}

await main()
