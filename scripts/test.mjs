import { run, runMain, StepError, say } from './process.mjs'
import { browser, ensurePrograms, servers } from './programs.mjs'
import { ensureDependencies, nodePath, root, toolEnvironment } from './setup.mjs'

await runMain(async () => {
  await ensureDependencies()
  const lacking = await ensurePrograms([browser, ...servers])
  if (process.env.CI && lacking.includes(browser)) throw new StepError('The browser tests need a browser')
  if (lacking.length > 0) say('The tests that need what is missing are SKIPPED.\n')
  const { code } = await run(nodePath(), ['scripts/verify.mjs'], { cwd: root, env: toolEnvironment() })
  return code
})
