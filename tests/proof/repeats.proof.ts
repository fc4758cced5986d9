import { expect, it } from 'vitest'
import { runRepeats } from './crash/repeats.ts'

it('two processes killed give each key one clip, soon after it is asked for again', async () => {
  const report = await runRepeats({ rounds: 3, seed: 20_261_126 })
  expect(report).toMatchObject({ keys: 18, losses: [], paidTwice: [] })
  expect(report.longestWaitMs).toBeLessThan(20_000)
}, 300_000)
