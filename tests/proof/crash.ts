import { parseArgs } from 'node:util'
import { type RepeatReport, runRepeats } from './crash/repeats.ts'
import type { CrashReport } from './crash/run.ts'
import { runCrashes } from './crash/run.ts'

const SHOWN = 20

const LONGEST_WAIT_MS = 20_000

/**
 * `npm run test:crash -- [--rounds N] [--seed S] [--keys]`: exit code 0 only without any loss, double or disagreement. With
 * `--keys` two processes are killed under callers who repeat their calls under an `Idempotency-Key`.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string' }, seed: { type: 'string' }, keys: { type: 'boolean' } },
  })
  const rounds = Number(values.rounds ?? 20)
  const seed = Number(values.seed ?? Date.now() % 1_000_000)
  if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed)) {
    console.error('Usage: npm run test:crash -- [--rounds N] [--seed S] [--keys]')
    process.exit(2)
  }
  console.log(`${rounds} rounds, seed ${seed}`)
  if (values.keys) {
    const onRound = (round: number) => round % 10 === 0 && console.log(`  round ${round}`)
    const report = await runRepeats({ rounds, seed, onRound })
    printRepeats(report)
    const { losses, paidTwice, longestWaitMs } = report
    process.exitCode = losses.length + paidTwice.length === 0 && longestWaitMs < LONGEST_WAIT_MS ? 0 : 1
    return
  }
  const report = await runCrashes({
    rounds,
    seed,
    onRound(round, { answers }) {
      if (round % 10 === 0) console.log(`  round ${round}: ${answers.length} clips answered so far`)
    },
  })
  print(report)
  const { losses, doubles, disagreements } = report
  process.exitCode = losses.length + doubles.length + disagreements.length === 0 ? 0 : 1
}

function print(report: CrashReport): void {
  const { losses, doubles, disagreements } = report
  const problems = Object.entries(report.problems).map(([code, count]) => `${count} ${code}`)
  console.table({
    rounds: report.rounds,
    kills: `${report.kills} (${report.killsWhileStarting} while starting)`,
    'clips answered': `${report.answers} (${report.temporaryAnswers} temporary)`,
    'calls cut off': report.cutOff,
    'calls refused': problems.join(', ') || '0',
    'clips listened to under load': report.listens,
    'uploads accepted by providers': report.uploads,
    'start until readiness, median': `${Math.round(report.startMs)} ms`,
    'backlog emptied by itself in': `${Math.round(report.drainMs)} ms`,
    'time taken': `${Math.round(report.elapsedMs / 1000)} s`,
    losses: losses.length,
    doubles: doubles.length,
    disagreements: disagreements.length,
  })
  for (const [what, lines] of Object.entries({ losses, doubles, disagreements })) {
    for (const line of lines.slice(0, SHOWN)) console.error(`${what}: ${line}`)
    if (lines.length > SHOWN) console.error(`${what}: and ${lines.length - SHOWN} more`)
  }
}

function printRepeats(report: RepeatReport): void {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  console.table({
    rounds: report.rounds,
    kills: report.kills,
    'keys answered': `${report.keys} (${report.repeated} after a repetition)`,
    'texts asked of the vendor': report.spoken,
    'calls refused meanwhile': JSON.stringify(report.refusals),
    'longest wait of a repetition': seconds(report.longestWaitMs),
    'longest with the restart': seconds(report.longestInAllMs),
    'time taken': seconds(report.elapsedMs),
    losses: report.losses.length,
    'keys paid twice': report.paidTwice.length,
  })
  for (const line of [...report.losses, ...report.paidTwice].slice(0, SHOWN)) console.error(line)
}

await main()
