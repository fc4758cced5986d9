/**
 * Counts the tests of one vitest run.
 *
 * A file that could not be loaded, an error outside any test, or a run that left no report fails no test of
 * its own: it counts as one failed test, so that a sum never looks better than the run was.
 *
 * @param {object | undefined} report what vitest's `json` reporter wrote
 * @param {number} exitCode vitest's own
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

/** How many tests passed of the files with `part` in their path. */
export function passedIn(report, part) {
  const files = (report?.testResults ?? []).filter(({ name }) => name.includes(part))
  const tests = files.flatMap(({ assertionResults }) => assertionResults)
  return tests.filter(({ status }) => status === 'passed').length
}

/** The one line that ends a test run, as in `12 passed, 0 failed`. */
export function sumLine(counts) {
  const sum = (key) => counts.reduce((total, count) => total + count[key], 0)
  const skipped = sum('skipped')
  return `${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
