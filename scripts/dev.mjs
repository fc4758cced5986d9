import { run, runMain } from './process.mjs'
import { ensureDependencies, root, tool, toolEnvironment } from './setup.mjs'

await runMain(async () => {
  await ensureDependencies({ dev: true })
  const { code } = await run(tool('next'), ['dev', ...process.argv.slice(2)], {
    cwd: root,
    env: toolEnvironment(),
  })
  return code
})
