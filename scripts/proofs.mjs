import { run, StepError, Stopped, say, seconds } from './process.mjs'
import { nodePath, root } from './setup.mjs'
import { runTests, testEnvironment } from './vitest.mjs'

/**
 * @typedef {object} Proof what is proven beyond the tests, at greater length
 * @property {string} name
 * @property {number} minutes how long it takes on two cores
 * @property {() => Promise<import('./test-report.mjs').Count>} prove
 */

/** In the order in which they run: those that prove most in a minute come first. @type {Proof[]} */
const proofs = [
  { name: 'matrices', minutes: 5, prove: proveMatrices },
  program('crash', { minutes: 2 }),
  program('failover', { minutes: 3 }),
  program('faults', { minutes: 4 }),
  program('claim', { minutes: 6 }),
  program('fuzz', { minutes: 10 }),
  program('soak', { minutes: 11 }),
  program('hang-ups', { minutes: 25 }),
]

/** The tests that have too many cases for `npm test`: `tests/proof/*.proof.ts`. */
async function proveMatrices() {
  const { count, problems } = await runTests({ proof: /\/tests\/proof\// })
  return problems.length > 0 && count.failed === 0 ? { ...count, failed: 1 } : count
}

/**
 * One of the programs in `tests/proof`, which ends with 0 where all is proven.
 *
 * @param {string} name
 * @param {{ minutes: number }} options
 * @returns {Proof}
 */
function program(name, { minutes }) {
  async function prove() {
    const args = [`tests/proof/${name}.ts`]
    const { code, received } = await run(nodePath(), args, { cwd: root, env: testEnvironment() })
    if (received) throw new Stopped(received)
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }
  }
  return { name, minutes, prove }
}

/**
 * @param {string} option its name
 * @param {string | undefined} value
 * @returns the minutes that a command line asks for; `undefined` where it does not
 */
export function readMinutes(option, value) {
  if (value === undefined) return undefined
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value)
  throw new StepError(`${option}: got ${JSON.stringify(value)}, takes a number of minutes`)
}

/**
 * Runs the proofs for which there is time, one after the other, so that each has the machine to itself.
 *
 * @param {number} minutes for all together: a proof that needs more than what is left of them is left out
 * @returns the count of what was proven, and what went wrong
 */
export async function runProofs(minutes = Number.POSITIVE_INFINITY) {
  const begun = Date.now()
  const counts = []
  const problems = []
  const left = []
  for (const proof of proofs) {
    const spentMinutes = (Date.now() - begun) / 60_000
    if (spentMinutes + proof.minutes > minutes) {
      left.push(proof)
      continue
    }
    say(`\nProof: ${proof.name}\n`)
    const proofBegun = Date.now()
    const count = await proof.prove()
    say(`Proof: ${proof.name}: ${seconds(Date.now() - proofBegun)}\n`)
    counts.push(count)
    if (count.failed > 0) problems.push(`The proof "${proof.name}" failed`)
  }
  for (const { name, minutes: needed } of left) {
    say(`Left out, since ${minutes} minutes are too few: ${name} (${needed} minutes; npm run proof)\n`)
    counts.push({ passed: 0, failed: 0, skipped: 1 })
  }
  return { counts, problems }
}
