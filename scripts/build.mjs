import { runMain } from './process.mjs'
import { build, ensureDependencies } from './setup.mjs'

await runMain(async () => {
  await ensureDependencies({ dev: true })
  await build()
})
