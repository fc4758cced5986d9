import { parseArgs } from 'node:util'
import { findBrowser } from './browser.mjs'
import { allOf, runMain, runStep, StepError, say } from './process.mjs'
import { readMinutes, runProofs } from './proofs.mjs'
import { ensureBuild, root, tool } from './setup.mjs'
import { sumLine } from './test-report.mjs'
import { runTests, testEnvironment } from './vitest.mjs'

const browserTests = 'tests/e2e/**/*browser.test.ts'
const timing = /\.timing\.test\./
const projects = { unit: /\/tests\/unit\//, e2e: /\/tests\/e2e\/(?!.*\.timing\.test\.)/, timing }
const notBuilt = { passed: 0, failed: 1, skipped: 0 }
/** @type {string[]} */
const problems = []

await runMain(verify)

/**
 * Checks everything. What needs no build goes on beside it, and what needs its output beside the tests; a step that
 * fails keeps no other from running, so that one run shows all that is wrong.
 *
 * `--proof-minutes N` goes on, where all is well, with as many proofs as there is time for.
 */
async function verify() {
  const { values } = parseArgs({ options: { 'proof-minutes': { type: 'string' } } })
  /** @type {import('./test-report.mjs').Count[]} */
  const counts = []
  const [isBuilt] = await allOf([
    attempt(ensureBuild),
    check('Checking style', 'biome', ['check', '--error-on-warnings']),
    check('Looking for unused code', 'knip'),
  ])
  if (!isBuilt) counts.push(notBuilt)
  const [tests] = await allOf([test(isBuilt ? projects : { unit: projects.unit }), checkTypes()])
  counts.push(tests.count)
  problems.push(...tests.problems)

  const proofMinutes = readMinutes('--proof-minutes', values['proof-minutes']) ?? 0
  if (proofMinutes > 0 && problems.length === 0) {
    const proofs = await runProofs(proofMinutes)
    counts.push(...proofs.counts)
    problems.push(...proofs.problems)
  }
  for (const problem of problems) say(`✗ ${problem}\n`)
  console.log(sumLine(counts))
  return problems.length === 0 ? 0 : 1
}

/** @param {Record<string, RegExp>} chosen */
function test(chosen) {
  if (findBrowser()) return runTests(chosen)
  say(`No browser: leaving out ${browserTests}\n`)
  return runTests(chosen, ['--exclude', browserTests])
}

async function checkTypes() {
  await check('Generating route types', 'next', ['typegen'])
  await check('Checking types', 'tsc', ['--noEmit'])
}

/**
 * @param {string} title
 * @param {string} name of a program of `node_modules/.bin`
 * @param {string[]} args
 */
function check(title, name, args = []) {
  return attempt(() => runStep(title, tool(name), args, { cwd: root, env: testEnvironment() }))
}

/**
 * @param {() => Promise<void>} step
 * @returns whether the step succeeded; if not, what went wrong has been said
 */
async function attempt(step) {
  try {
    await step()
    return true
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    say(`${error.message}\n${error.output.trimEnd()}\n\n`)
    problems.push(error.message)
    return false
  }
}
