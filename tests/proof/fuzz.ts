import { parseArgs } from 'node:util'
import { heldLimit, isFlat } from './fuzz/flat.ts'
import { runFuzz } from './fuzz/run.ts'

/**
 * `npm run test:fuzz -- [--requests N] [--seed S]`: odd requests over raw sockets, right and wrong ones for every route of
 * the API description, and vendors that answer oddly. Exit code 0 when there was no 500, no crash, no stack and no secret
 * in any answer or line of the log, and what the service holds when its garbage is collected, and its open files, stayed
 * flat.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { requests: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
  })
  const requests = Number(values.requests)
  let told = 0
  console.log('requests  a second  MiB held  MiB resident  open files  findings')
  const report = await runFuzz({ requests, seed: Number(values.seed) }, (now) => {
    for (const { what, kind, sent, answered } of now.findings.slice(told)) {
      console.log(`${what} (${kind})\n  ${sent}\n  ${answered}`)
    }
    told = now.findings.length
    const { liveMiB, residentMiB, openFiles } = now
    const last = (figures: number[]) => figures.at(-1)?.toFixed(1)
    const figures = [
      now.requests,
      now.perSecond.toFixed(0),
      last(liveMiB),
      last(residentMiB),
      openFiles.at(-1),
      told,
    ]
    console.log(figures.join('  '))
  })
  const isMemoryFlat = isFlat(report.liveMiB, heldLimit)
  const areFilesFlat = isFlat(report.openFiles, (before) => before + 20)
  const counted = Object.entries(report.statuses).map(([status, count]) => `${status}: ${count}`)
  console.log(`First answers: ${counted.join(', ')}`)
  console.log(
    `Findings: ${report.findings.length}; memory ${isMemoryFlat ? 'flat' : 'rose'}, open files ${areFilesFlat ? 'flat' : 'rose'}`,
  )
  process.exit(report.findings.length === 0 && isMemoryFlat && areFilesFlat ? 0 : 1)
}

await main()
