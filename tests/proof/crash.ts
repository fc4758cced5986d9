import { parseArgs } from 'node:util'
import type { CrashReport } from './crash/run.ts'
import { runCrashes } from './crash/run.ts'

const SHOWN = 20

/** `npm run test:crash -- [--rounds N] [--seed S]`: exit code 0 only without any loss, double or disagreement. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string' }, seed: { type: 'string' } } })
  const rounds = Number(values.rounds ?? 20)
  const seed = Number(values.seed ?? Date.now() % 1_000_000)
  if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed)) {
    console.error('Usage: npm run test:crash -- [--rounds N] [--seed S]')
    process.exit(2)
  }
  console.log(`${rounds} rounds, seed ${seed}`)
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

await main()
