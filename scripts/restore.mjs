import { runMain } from './process.mjs'
import { ensureDependencies, runProgram } from './setup.mjs'

await runMain(async () => {
  await ensureDependencies()
  return runProgram('bin/restore.ts', process.argv.slice(2))
})
