import { runMain } from './process.mjs'
import { ensureBuild, ensureDependencies, runProgram } from './setup.mjs'

await runMain(async () => {
  await ensureDependencies()
  await ensureBuild()
  return runProgram('bin/server.ts')
})
