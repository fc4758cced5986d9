import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { cleanUpServices } from '../support/service.ts'
import { Bench, BenchRun, type Build } from './bench/bench.ts'
import { otherBuild, ownBuild } from './bench/builds.ts'
import { machineOf } from './bench/machine.ts'
import { shareCores } from './bench/measure/cores.ts'
import { detailsOf, renderReport } from './bench/report.ts'
import type { Row, RowResult } from './bench/row.ts'
import { rows } from './bench/rows.ts'

const report = path.resolve(import.meta.dirname, '../../docs/performance.md')

/**
 * `npm run bench`: each row of the table against its anchor, in turns in one run, into docs/performance.md.
 *
 * - `-- --before DIR`: the same of another checkout, both beside one another
 * - `-- --only NAME`: this row (may be given several times); prints it and writes no report
 * - `-- --rounds N`: how often each contender has its turn
 * - `-- --json FILE`: all figures, for programs
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      before: { type: 'string' },
      only: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      json: { type: 'string' },
    },
  })
  const chosen = values.only ? values.only.map(rowOf) : rows
  const builds: Build[] = [...(values.before ? [await otherBuild(values.before)] : []), ownBuild]
  const rounds = roundsOf(values.rounds)
  const cores = shareCores()
  const machine = machineOf(cores, builds)
  // So that what it has started ends with it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  const startedAt = performance.now()
  const results: RowResult[] = []
  try {
    await using run = new BenchRun({
      builds,
      rounds: rounds ?? 3,
      longRounds: rounds ?? (values.before ? 3 : 1),
      cores,
    })
    const measuring: Promise<RowResult>[] = []
    for (const group of groupsOf(chosen)) {
      const begun = group.map((row) => begin(run, row))
      measuring.push(...begun.map(({ result }) => result))
      await Promise.all(begun.map(({ isFree }) => isFree))
    }
    results.push(...(await Promise.all(measuring)))
  } finally {
    await cleanUpServices()
  }
  const elapsedMinutes = (performance.now() - startedAt) / 60_000
  console.log(`${elapsedMinutes.toFixed(1)} minutes`)
  if (values.json) await writeFile(values.json, JSON.stringify({ machine, elapsedMinutes, results }, null, 2))
  if (!values.only) await writeFile(report, renderReport({ machine, elapsedMinutes, results }))
  if (results.some(({ failure }) => failure)) process.exitCode = 1
}

/** Rows beside one another whose figures the others do not change are measured at the same time. */
function groupsOf(chosen: Row[]): Row[][] {
  const groups: Row[][] = []
  for (const row of chosen) {
    const last = groups.at(-1)
    if (row.isIndifferent && last?.[0]?.isIndifferent) last.push(row)
    else groups.push([row])
  }
  return groups
}

/** Begins to measure a row. `isFree` resolves when the machine is free for others, at its end at the latest. */
function begin(run: BenchRun, row: Row): { result: Promise<RowResult>; isFree: Promise<unknown> } {
  const bench = new Bench(run)
  const result = measured(bench, row)
  return { result, isFree: Promise.race([result, bench.onlyWaits.promise]) }
}

/** A row that cannot be measured on this machine says why, and does not keep the others from it. */
async function measured(bench: Bench, row: Row): Promise<RowResult> {
  const { run: measure, ...about } = row
  console.log(`… ${row.title}`)
  const startedAt = performance.now()
  const result = await measureWith(bench, measure)
    .then((measurements) => ({ ...about, measurements }))
    .catch((error: unknown) => {
      return { ...about, measurements: [], failure: String(error).split('\n', 1)[0] ?? '' }
    })
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  console.log(`${detailsOf(result)}\n\n${seconds} seconds\n`)
  return result
}

async function measureWith(bench: Bench, measure: Row['run']) {
  await using _ended = bench
  return await measure(bench)
}

function rowOf(name: string) {
  const row = rows.find((one) => one.name === name)
  if (row) return row
  throw new Error(`There is no row ${name}; there are ${rows.map((one) => one.name).join(', ')}`)
}

function roundsOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  const rounds = Number(given)
  if (Number.isInteger(rounds) && rounds > 0) return rounds
  throw new Error(`--rounds takes a whole number above 0, not ${given}`)
}

await main()
