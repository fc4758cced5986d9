import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findBrowser } from './browser.mjs'
import { run, Stopped } from './process.mjs'
import { compileCache, root, tool, toolEnvironment } from './setup.mjs'
import { countTests, passedIn } from './test-report.mjs'

/** The environment for tests, and for the services that they start. */
export function testEnvironment() {
  return toolEnvironment({
    PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH: findBrowser() ?? '',
    NODE_COMPILE_CACHE: compileCache,
    ...(!process.stdout.isTTY && { NO_COLOR: '1' }),
  })
}

/**
 * Runs projects of `vitest.config.ts` in sight of the user.
 *
 * @param {Record<string, RegExp>} projects what the paths of its files match, by its name
 * @param {string[]} more arguments for vitest
 * @returns the count of their tests, and what went wrong; a project of which no test passed is wrong
 */
export async function runTests(projects, more = []) {
  const reports = mkdtempSync(path.join(tmpdir(), 'voicepin-reports-'))
  const file = path.join(reports, 'tests.json')
  const chosen = Object.keys(projects).flatMap((name) => ['--project', name])
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const args = ['run', ...chosen, '--silent=passed-only', ...reporters, ...more]
  try {
    const { code, received } = await run(tool('vitest'), args, { cwd: root, env: testEnvironment() })
    if (received) throw new Stopped(received)
    const report = readReport(file)
    const count = countTests(report, code)
    const empty = Object.entries(projects).filter(([, part]) => passedIn(report, part) === 0)
    const problems = empty.map(([name]) => `No ${name} test passed`)
    if (count.failed > 0) problems.unshift('Tests failed')
    return { count, problems }
  } finally {
    rmSync(reports, { recursive: true })
  }
}

/**
 * @param {string} file
 * @returns {import('./test-report.mjs').Report | undefined}
 */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
