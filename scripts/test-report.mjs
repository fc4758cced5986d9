/**
 * @typedef {object} Count
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/**
 * @typedef {object} Report what vitest's `json` reporter writes, as far as it is read here
 * @property {{ name: string, status: string, assertionResults: { status: string }[] }[]} [testResults] one a file
 * @property {number} [numPassedTests]
 * @property {number} [numFailedTests]
 * @property {number} [numPendingTests]
 * @property {number} [numTodoTests]
 */

/**
 * Counts the tests of one vitest run.
 *
 * A file that could not be loaded, an error outside any test, or a run that left no report fails no test of
 * its own: it counts as one failed test, so that a sum never looks better than the run was.
 *
 * @param {Report | undefined} report
 * @param {number} exitCode vitest's own
 * @returns {Count}
 */
export function countTests(report, exitCode) {
  const files = report?.testResults ?? []
  const unloaded = files.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  )
  const failed = (report?.numFailedTests ?? 0) + unloaded.length
  return {
    passed: report?.numPassedTests ?? 0,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0),
  }
}

/**
 * How many tests passed of the files whose path matches `part`.
 *
 * @param {Report | undefined} report
 * @param {RegExp} part
 */
export function passedIn(report, part) {
  const files = (report?.testResults ?? []).filter(({ name }) => part.test(name))
  const tests = files.flatMap(({ assertionResults }) => assertionResults)
  return tests.filter(({ status }) => status === 'passed').length
}

/** The one line that ends a test run, as in `12 passed, 0 failed`. @param {Count[]} counts */
export function sumLine(counts) {
  /** @param {keyof Count} key */
  const sum = (key) => counts.reduce((total, count) => total + count[key], 0)
  const skipped = sum('skipped')
  return `${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
