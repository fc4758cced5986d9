import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findBrowser } from './browser.mjs'
import { run, runMain, runStep, StepError, Stopped, say } from './process.mjs'
import { ensureBuild, root, tool, toolEnvironment } from './setup.mjs'
import { countTests, sumLine } from './test-report.mjs'

const browserTests = 'tests/e2e/**/*browser.test.ts'
const reports = mkdtempSync(path.join(tmpdir(), 'voicepin-reports-'))
const problems = []
const counts = []
let env

await runMain(verify).finally(() => rmSync(reports, { recursive: true }))

async function verify() {
  const browser = findBrowser()
  env = toolEnvironment({
    PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH: browser ?? '',
    ...(!process.stdout.isTTY && { NO_COLOR: '1' }),
  })
  await check('Generating route types', 'next', ['typegen'])
  await check('Checking types', 'tsc', ['--noEmit'])
  await check('Checking style', 'biome', ['check', '--error-on-warnings'])
  await check('Looking for unused code', 'knip', [])
  await test('unit')
  if (!browser) say(`No browser: leaving out ${browserTests}\n`)
  if (await attempt(ensureBuild)) await test('e2e', browser ? [] : ['--exclude', browserTests])
  else counts.push({ passed: 0, failed: 1, skipped: 0 })
  for (const problem of problems) say(`✗ ${problem}\n`)
  console.log(sumLine(counts))
  return problems.length === 0 ? 0 : 1
}

function check(title, name, args) {
  return attempt(() => runStep(title, tool(name), args, { cwd: root, env }))
}

/** Goes on after a failed step, so that one run shows everything that is wrong. */
async function attempt(step) {
  try {
    await step()
    return true
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    say(`failed\n${error.output.trimEnd()}\n\n`)
    problems.push(error.message)
    return false
  }
}

/** Runs one of vitest's projects, in sight of the user. */
async function test(project, more = []) {
  const file = path.join(reports, `${project}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const args = ['run', '--project', project, '--silent=passed-only', ...reporters, ...more]
  const { code, received } = await run(tool('vitest'), args, { cwd: root, env })
  if (received) throw new Stopped(received)
  const count = countTests(readReport(file), code)
  if (count.failed > 0) problems.push(`The ${project} tests failed`)
  if (count.passed === 0) problems.push(`No ${project} test passed`)
  counts.push(count)
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
