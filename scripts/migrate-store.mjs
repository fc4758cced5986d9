import { run, runMain } from './process.mjs'
import { ensureDependencies, nodePath, root, toolEnvironment } from './setup.mjs'

await runMain(async () => {
  await ensureDependencies()
  const { code } = await run(nodePath(), ['migrate-store.ts', ...process.argv.slice(2)], {
    cwd: root,
    env: toolEnvironment({ NODE_ENV: 'production' }),
  })
  return code
})
