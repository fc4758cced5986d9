import { runMain } from './process.mjs'
import { ensureBuild, ensureDependencies, runProgram } from './setup.mjs'

await runMain(async () => {
  await ensureDependencies({ dev: true })
  await ensureBuild()
  return runProgram('tests/proof/bench.ts', process.argv.slice(2))
})
