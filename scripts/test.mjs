import { ensureBrowser } from './browser.mjs'
import { run, runMain } from './process.mjs'
import { ensureDependencies, nodePath, root, toolEnvironment } from './setup.mjs'

await runMain(async () => {
  await ensureDependencies()
  await ensureBrowser()
  const { code } = await run(nodePath(), ['scripts/verify.mjs'], { cwd: root, env: toolEnvironment() })
  return code
})
