import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { faults } from './failover/faults.ts'
import type { FailoverReport } from './failover/run.ts'
import { runFailover } from './failover/run.ts'
import type { Outcomes, Row } from './failover/verdict.ts'

const reports = path.resolve(import.meta.dirname, '../../reports')
const SHOWN = 20
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

/**
 * `npm run test:failover -- [--rate R] [--faults web,worker,…] [--seed S]`: exit code 0 only when no accepted clip was lost,
 * none was uploaded twice at once, and all recovered.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rate: { type: 'string' }, faults: { type: 'string' }, seed: { type: 'string' } },
  })
  const names = values.faults?.split(',') ?? Object.keys(faults)
  const chosen = names.map((name) => faults[name]).filter((fault) => fault !== undefined)
  const ratePerSecond = Number(values.rate ?? 5)
  const seed = Number(values.seed ?? Date.now() % 1_000_000)
  if (chosen.length < names.length || !(ratePerSecond > 0) || !Number.isInteger(seed)) {
    console.error(`Usage: npm run test:failover -- [--rate R] [--faults ${Object.keys(faults)}] [--seed S]`)
    process.exit(2)
  }
  const cores = availableParallelism()
  const title = `${cores} cores, ${ratePerSecond} calls and as many listens a second, seed ${seed}`
  console.log(`${title}\n\n${line(columns)}\n${line(columns.map(() => '---'))}`)
  const report = await runFailover({
    faults: chosen,
    ratePerSecond,
    seed,
    logs: path.join(reports, 'failover-logs'),
    onRow: (row) => console.log(line(cellsOf(row))),
  })
  const end = summaryOf(report)
  console.log(`\n${end}`)
  await save([
    title,
    '',
    line(columns),
    line(columns.map(() => '---')),
    ...report.rows.map((row) => line(cellsOf(row))),
    '',
    end,
  ])
  process.exitCode = isGood(report) ? 0 : 1
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

async function save(lines: string[]): Promise<void> {
  await mkdir(reports, { recursive: true })
  await writeFile(path.join(reports, 'failover.md'), `${lines.join('\n')}\n`)
}

await main()
