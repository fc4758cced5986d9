import { allOf, run, runMain, StepError, say } from './process.mjs'
import { browser, ensurePrograms, testServers } from './programs.mjs'
import { ensureDependencies, nodePath, root, toolEnvironment } from './setup.mjs'

await runMain(async () => {
  const [lacking] = await allOf([
    ensurePrograms([browser, ...testServers]),
    ensureDependencies({ dev: true }),
  ])
  if (process.env.CI && lacking.includes(browser)) throw new StepError('The browser tests need a browser')
  if (lacking.length > 0) say('The tests that need what is missing are SKIPPED.\n')
  const args = ['scripts/verify.mjs', ...process.argv.slice(2)]
  const { code } = await run(nodePath(), args, { cwd: root, env: toolEnvironment() })
  return code
})
