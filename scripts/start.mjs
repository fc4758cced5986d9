import { run, runMain } from './process.mjs'
import { ensureBuild, ensureDependencies, nodePath, root, toolEnvironment } from './setup.mjs'

await runMain(async () => {
  await ensureDependencies()
  await ensureBuild()
  const { code } = await run(nodePath(), ['server.ts'], {
    cwd: root,
    env: toolEnvironment({ NODE_ENV: 'production' }),
  })
  return code
})
