import { expect, it } from 'vitest'
import { runCrashes } from '../proof/crash/run.ts'

// Twenty times: tests/proof/crash.ts. Callers who repeat their calls under a key: tests/proof/repeats.proof.ts.
it('killed three times under load, the service loses nothing and stores nothing twice', async () => {
  const report = await runCrashes({ rounds: 3, seed: 20_261_122 })
  expect(report.answers).toBeGreaterThan(5)
  expect(report).toMatchObject({ losses: [], doubles: [], disagreements: [] })
}, 300_000)
