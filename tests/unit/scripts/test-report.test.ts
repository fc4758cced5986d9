import { describe, expect, it } from 'vitest'
import { countTests, passedIn, sumLine } from '../../../scripts/test-report.mjs'

const file = (status: string, ...tests: string[]) => ({
  name: '/project/tests/unit/a.test.ts',
  status,
  assertionResults: tests.map((test) => ({ status: test })),
})
const report = (passed: number, failed: number, ...testResults: ReturnType<typeof file>[]) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults,
})

describe('the count of a test run', () => {
  it('takes passed, failed and skipped tests from the report', () => {
    const run = {
      ...report(2, 1, file('failed', 'passed', 'passed', 'failed')),
      numPendingTests: 3,
      numTodoTests: 1,
    }
    expect(countTests(run, 1)).toEqual({ passed: 2, failed: 1, skipped: 4 })
  })

  it('counts a file that could not be loaded as failed', () => {
    const run = report(1, 0, file('passed', 'passed'), file('failed'))
    expect(countTests(run, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 })
  })

  it('counts an error outside any test as failed', () => {
    const run = report(1, 0, file('passed', 'passed'))
    expect(countTests(run, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 })
  })

  it('counts a run that left no report as failed', () => {
    expect(countTests(undefined, 137)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })

  it('tells how many tests passed of files with a part in their path', () => {
    const named = (name: string, ...tests: string[]) => ({ ...file('passed', ...tests), name })
    const unit = named('/project/tests/unit/a.test.ts', 'passed', 'skipped', 'passed')
    const run = report(3, 0, unit, named('/project/tests/e2e/b.test.ts', 'passed'))
    expect(passedIn(run, /\/tests\/unit\//)).toBe(2)
    expect(passedIn(run, /\/tests\/proof\//)).toBe(0)
    expect(passedIn(undefined, /\/tests\/unit\//)).toBe(0)
  })

  it('ends in one plain line', () => {
    const counts = [
      { passed: 2, failed: 0, skipped: 0 },
      { passed: 3, failed: 1, skipped: 0 },
    ]
    expect(sumLine(counts)).toBe('5 passed, 1 failed')
    expect(sumLine([...counts, { passed: 0, failed: 0, skipped: 2 }])).toBe('5 passed, 1 failed, 2 skipped')
  })
})
