import { parseArgs } from 'node:util'
import { runMain, say } from './process.mjs'
import { requirePrograms, testServers } from './programs.mjs'
import { readMinutes, runProofs } from './proofs.mjs'
import { ensureBuild, ensureDependencies } from './setup.mjs'
import { sumLine } from './test-report.mjs'

/** `npm run proof -- [--minutes N]`: all proofs, or those for which there is time. */
await runMain(async () => {
  const { values } = parseArgs({ options: { minutes: { type: 'string' } } })
  await ensureDependencies({ dev: true })
  await requirePrograms(testServers)
  await ensureBuild()
  const { counts, problems } = await runProofs(readMinutes('--minutes', values.minutes))
  for (const problem of problems) say(`✗ ${problem}\n`)
  console.log(sumLine(counts))
  return problems.length === 0 ? 0 : 1
})
