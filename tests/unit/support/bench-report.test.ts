import { expect, it } from 'vitest'
import type { Aim, Measurement } from '../../proof/bench/measurement.ts'
import { renderReport } from '../../proof/bench/report.ts'
import type { RowResult } from '../../proof/bench/row.ts'
import { verdictOf } from '../../proof/bench/verdict.ts'

const figure = 'requests a second'
const measured = (contender: string, values: number[], more: Partial<Measurement> = {}): Measurement => ({
  figure,
  unit: '/s',
  contender,
  values,
  ...more,
})
const eightTimes: Aim = {
  words: '≥ 8 × bare handler',
  figure,
  against: 'bare handler',
  by: 'ratio',
  atLeast: 8,
}
const machine = {
  processor: 'A processor, 2 cores',
  cores: 'servers on core 0, load on core 1',
  memoryGiB: 8,
  node: 'v24.0.0',
  date: '2026-11-27',
}
const both = [
  { name: 'before', commit: '823bfce' },
  { name: 'now', commit: 'abcdef0' },
]

function reportOf(result: Partial<RowResult>, commits = both): string {
  const row = { name: 'files', title: 'temp audio', aims: [eightTimes], measurements: [], ...result }
  return renderReport({ machine: { ...machine, commits }, elapsedMinutes: 7.6, results: [row] })
}

it('a ratio in the report is the middle one of those of each round, with the smallest and the largest', () => {
  const measurements = [
    measured('bare handler', [100, 200, 100]),
    measured('before', [100, 100, 100]),
    measured('now', [900, 1000, 1700]),
  ]
  expect(reportOf({ measurements })).toContain(
    '| temp audio | bare handler: 100/s (100–200) | 100/s | 1.00 × (0.50–1.00) | 1,000/s (900–1,700) | 9.00 × (5.00–17.00) | ≥ 8 × bare handler | yes |',
  )
})

it('a report without another build has no columns for it', () => {
  const measurements = [measured('bare handler', [100]), measured('now', [900])]
  const report = reportOf({ measurements }, both.slice(1))
  expect(report).toContain('| work | anchor | now |  | aim | reached |')
  expect(report).toContain('| temp audio | bare handler: 100/s | 900/s | 9.00 × | ≥ 8 × bare handler | yes |')
})

it('an aim that is missed is said, with what holds the row back', () => {
  const measurements = [measured('bare handler', [100]), measured('now', [700])]
  const report = reportOf({ measurements, heldBackBy: 'two copies of each byte.' })
  expect(report).toContain('| ≥ 8 × bare handler | **no** |')
  expect(report).toContain('- **temp audio** (≥ 8 × bare handler): two copies of each byte.')
})

it('an anchor that the load could not keep busy is marked, in its figure and in the verdict', () => {
  const measurements = [measured('bare handler', [100], { isLoadBound: true }), measured('now', [900])]
  const report = reportOf({ measurements })
  expect(report).toContain('bare handler: 100/s \\*')
  expect(report).toContain('| yes \\* |')
})

it('a row that could not be measured says why in the report', () => {
  const report = reportOf({ failure: 'there is no nginx' })
  expect(report).toContain('| temp audio |  |  |  |  |  |  | not measured |')
  expect(report).toContain('- **temp audio** was not measured: there is no nginx')
})

it('a difference is that of figures of the same round, with its sign', () => {
  const aim: Aim = { words: '≤ +8 ms', figure, against: 'bare handler', by: 'difference', atMost: 8 }
  const measurements = [
    measured('bare handler', [650, 660, 655], { unit: 'ms' }),
    measured('now', [660, 658, 660], { unit: 'ms' }),
  ]
  expect(verdictOf({ measurements }, aim)).toMatchObject({
    isReached: true,
    now: { compared: { median: 5, min: -2, max: 10 } },
  })
  expect(reportOf({ aims: [aim], measurements })).toContain('| +5.00 ms (−2.00–+10.0) | ≤ +8 ms | yes |')
})

it('each build is held against a contender of its own where there is one', () => {
  const aim: Aim = { words: 'as temp audio', figure, against: 'temp audio', by: 'ratio', atLeast: 1 }
  const measurements = [
    measured('temp audio, before', [400]),
    measured('temp audio, now', [1000]),
    measured('before', [100]),
    measured('now', [900]),
  ]
  const { before, now, isReached } = verdictOf({ measurements }, aim)
  expect([before?.compared.median, now?.compared.median, isReached]).toEqual([0.25, 0.9, false])
})

it('an aim without its anchor is neither reached nor missed', () => {
  const { now } = verdictOf({ measurements: [measured('now', [900])] }, eightTimes)
  expect(now).toBeUndefined()
  expect(reportOf({ measurements: [measured('now', [900])] })).toContain('| not measured |')
})
