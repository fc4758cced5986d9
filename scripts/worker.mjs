import { runMain } from './process.mjs'
import { ensureDependencies, ensurePrograms, runProgram } from './setup.mjs'

await runMain(async () => {
  await ensureDependencies()
  await ensurePrograms()
  return runProgram('dist/bin/worker.js')
})
