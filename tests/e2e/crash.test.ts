import { expect, it } from 'vitest'
import { runRepeats } from '../proof/crash/repeats.ts'
import { runCrashes } from '../proof/crash/run.ts'

it('killed five times under load, the service loses nothing and stores nothing twice', async () => {
  const report = await runCrashes({ rounds: 5, seed: 20_261_122 })
  expect(report.answers).toBeGreaterThan(5)
  expect(report).toMatchObject({ losses: [], doubles: [], disagreements: [] })
}, 300_000)

it('two processes killed give each key one clip, soon after it is asked for again', async () => {
  const report = await runRepeats({ rounds: 1, seed: 20_261_126 })
  expect(report).toMatchObject({ keys: 6, losses: [], paidTwice: [] })
  expect(report.longestWaitMs).toBeLessThan(20_000)
}, 300_000)
