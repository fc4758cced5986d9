import type { Row } from './faults/run.ts'
import { runFaults } from './faults/run.ts'

const widths: Record<keyof Row, number> = {
  where: 17,
  fault: 34,
  answer: 31,
  ms: 6,
  tries: 6,
  afterwards: 24,
  verdict: 0,
}

/** `npm run test:faults`: a table of every fault; exit code 0 only when every answer was the contract's. */
async function main(): Promise<void> {
  let count = 0
  let failures = 0
  const columns = Object.keys(widths) as (keyof Row)[]
  console.log(columns.map((column) => column.padEnd(widths[column])).join(''))
  await runFaults((row) => {
    count++
    if (row.verdict !== 'ok') failures++
    console.log(columns.map((column) => String(row[column]).padEnd(widths[column])).join(''))
  })
  console.log(`${count} faults, ${failures} answered otherwise than the contract has it`)
  process.exitCode = failures === 0 ? 0 : 1
}

await main()
