import { describe, expect, it } from 'vitest'
import { faults } from '../proof/failover/faults.ts'
import { runFailover } from '../proof/failover/run.ts'
import { missingServers } from '../support/servers/missing.ts'

const missing = await missingServers('what happens when a part of the topology fails')

describe.skipIf(missing.length > 0)('under load, with providers in trouble', () => {
  it('a killed web instance and an emptied Redis cost no clip and no double upload', {
    timeout: 120_000,
  }, async () => {
    const chosen = ['web', 'redis-empty'].map((name) => faults[name]).filter((fault) => fault !== undefined)
    const report = await runFailover({ faults: chosen, ratePerSecond: 5, seed: 1 })
    expect(report).toMatchObject({ losses: [], uploadsAtOnce: [], states: { stored: expect.any(Number) } })
    expect(Object.keys(report.states)).not.toContain('pending')
    expect(report.answers).toBeGreaterThan(50)
    expect(report.temporaryAnswers).toBeGreaterThan(0)
    for (const row of report.rows) {
      expect(row).toMatchObject({ callersAfterMs: expect.any(Number), backlogAfterMs: expect.any(Number) })
    }
  })
})
